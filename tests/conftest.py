"""What holds for every test: nothing leaves this machine, nothing of the user's is read or written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import isolation, postgres, ray_cluster
from tests.support.children import with_children
from tests.support.children.sitecustomize import CHROMA, RAY, on_chroma
from tests.support.chroma_server import ChromaServer
from tests.support.schedule import UnitScheduling, place_of
from tests.support.scratch import MEMORY, in_memory

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
    if config.getoption("--engine") == "ray":
        for warning in ray_cluster.WARNINGS:
            config.addinivalue_line("filterwarnings", warning)
    if not hasattr(config, "workerinput") and in_memory():  # workers are told where
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> UnitScheduling:
    """Keep tests that share something on one worker (`tests.support.schedule`)."""
    config.option.loadscopereorder = False
    return UnitScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, where there are several workers to fill."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place_of(item.nodeid))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tests that do not name a database use this one: ``--database postgresql`` has the whole suite try a server."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--chroma", choices=("embedded", "server"), default="embedded", help="the same, for vectors")
    parser.addoption("--engine", choices=("local", "ray"), default="local", help="the same, for who embeds at ingest")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL server, started for the first test that asks for it."""
    if reason := postgres.why_not():
        pytest.skip(reason)
    with postgres.PostgresServer() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _chroma(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where the vectors of libraries lie whose configuration does not say."""
    if request.config.getoption("--chroma") == "embedded":
        yield
        return
    from rag.config import whole

    with ChromaServer(tmp_path_factory.mktemp("server") / "chroma") as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv(CHROMA, server.url)
        with_children(patch)
        on_chroma(whole, server.url)
        yield


@pytest.fixture(scope="session", autouse=True)
def _engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Who embeds for ingests that name nobody: one cluster for all of the run."""
    if request.config.getoption("--engine") == "local":
        yield
        return
    if reason := ray_cluster.why_not():
        pytest.exit(reason, returncode=2)
    # With one, each process of an ingest waits for the one before it: 15 s instead of 7 on a busy machine of two cores.
    with ray_cluster.ray_cluster(nodes=1, processors=4) as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setenv(RAY, cluster.address)
        with_children(patch)
        with ray_cluster.joined(cluster.address):
            yield


@pytest.fixture(scope="module", autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the stores of the module's libraries lie (`on_both`)."""
    chosen = str(getattr(request, "param", None) or request.config.getoption("--database"))
    with pytest.MonkeyPatch.context() as patch:
        if chosen == "postgresql":
            server = request.getfixturevalue("postgres_server")
            before = server.schemas.given()
            postgres.use(server, patch)
            yield chosen
            server.take_back(server.schemas.given() - before)
        else:
            yield chosen


@pytest.fixture(autouse=True)
def _own_database(request: pytest.FixtureRequest, database: str) -> Iterator[None]:
    """What a test stored on a server goes with it; what its module's fixtures stored stays for the others."""
    mark = request.node.get_closest_marker("embedded_only")
    if mark and request.config.getoption("--chroma") == "server":
        pytest.skip("; ".join(("about the folder of an embedded Chroma", *mark.args)))
    mark = request.node.get_closest_marker("local_only")
    if mark and request.config.getoption("--engine") == "ray":
        pytest.skip("; ".join(("about who embeds", *mark.args)))
    if database == "sqlite":
        yield
        return
    if mark := request.node.get_closest_marker("sqlite_only"):
        pytest.skip("; ".join(("about the SQLite file", *mark.args)))
    server = request.getfixturevalue("postgres_server")
    before = server.schemas.given()
    yield
    server.take_back(server.schemas.given() - before)


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    """Fail the test during which something tried to leave this machine, even where a library hid the error."""
    isolation.attempts.clear()
    yield
    assert not isolation.attempts, f"tried to reach {', '.join(isolation.attempts)}"
