"""A real Ray cluster of this machine, whose nodes are processes, from entering to leaving the context."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PATIENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_gcs_server_request_timeout_seconds": "120",
    "RAY_health_check_timeout_ms": "60000",
    "RAY_health_check_failure_threshold": "20",
}
"""A machine that is busy with other tests is slow, not lost."""
WARNINGS = ("ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
"""What Ray and Python's own modules warn of while it runs, as pytest names it."""
_STORE_BYTES = 100_000_000
_START_SECONDS = 240


def why_not() -> str:
    """Why no cluster can be started here; empty where it can."""
    return "" if importlib.util.find_spec("ray") else "Ray is not installed: pip install -e '.[ray]'"


@contextmanager
def ray_cluster(nodes: int, processors: int = 1) -> Iterator[Any]:
    """Start a cluster of nodes, of which each may run so many processes at once."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in PATIENT.items():
            patched.setenv(name, value)
        from ray._private import services
        from ray.cluster_utils import Cluster

        ask: Callable[..., Any] = services.get_node

        def ask_longer(*where: Any) -> Any:
            """Ray gives a new node thirty seconds, which is short beside other tests, and has no setting for it."""
            deadline = time.monotonic() + _START_SECONDS
            while True:
                try:
                    return ask(*where)
                except RuntimeError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(1)

        patched.setattr(services, "get_node", ask_longer)
        head = {"num_cpus": processors, "object_store_memory": _STORE_BYTES, "include_dashboard": False}
        running = Cluster(initialize_head=True, head_node_args=head)
        try:
            for _ in range(nodes - 1):
                running.add_node(num_cpus=processors, object_store_memory=_STORE_BYTES)
            yield running
        finally:
            running.shutdown()  # type: ignore[no-untyped-call]


@contextmanager
def joined(address: str) -> Iterator[None]:
    """Keep this process a driver of a cluster: an ingest joins by itself otherwise, which takes seconds each time."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()
