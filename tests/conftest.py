"""What holds for every test: nothing leaves this machine, nothing of the user's is read or written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import isolation

# CI runs the same examples every time, so that a failure is the change's; at home new ones are tried on every run.
# No deadline: a busy machine is no failure.
settings.register_profile(
    "ci",
    max_examples=50,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("home", max_examples=50, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the process before any module under test is imported: some read the environment on import."""
    home = tempfile.TemporaryDirectory(prefix="paperchat-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    isolation.isolate_environment(Path(home.name))
    isolation.refuse_network()


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    """Fail the test during which something tried to leave this machine, even where a library hid the error."""
    isolation.attempts.clear()
    yield
    assert not isolation.attempts, f"tried to reach {', '.join(isolation.attempts)}"
