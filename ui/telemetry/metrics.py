"""What the page counts, for Prometheus: requests, stages, questions, errors, the library and the process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from rag.errors import PaperchatError
from rag.papers.shelf import Shelf
from rag.stages import Ended, Facts

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The page's own registry; a watcher of stages. Safe to use from many threads."""

    def __init__(self) -> None:
        self._registry = here = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=here)
        self._requests = Counter(
            "paperchat_requests", "HTTP requests, by kind of address.", ("method", "route", "status"), registry=here
        )
        self._stages = Histogram(
            "paperchat_stage_seconds",
            "Seconds that a stage of the work took.",
            ("stage",),
            buckets=_SECONDS,
            registry=here,
        )
        self._questions = Counter(
            "paperchat_questions", "Questions, by what became of them.", ("outcome",), registry=here
        )
        self._errors = Counter("paperchat_errors", "Errors, by kind.", ("kind",), registry=here)
        self._running = Gauge(
            "paperchat_answers_running", "Answers under way or waiting for their turn.", registry=here
        )

    def begin(self, name: str) -> Ended:
        """Take the time of a stage; of a question also its outcome, of an error its kind."""
        begun = time.perf_counter()

        def ended(facts: Facts, failed: BaseException | None) -> None:
            self._stages.labels(name).observe(time.perf_counter() - begun)
            if name == "ask":
                self._questions.labels(_outcome(facts, failed)).inc()
                if "model_failed" in str(facts.get("notes", "")).split():  # answered all the same, in quotes
                    self._errors.labels("LLMError").inc()
            if failed is not None and not isinstance(failed, GeneratorExit) and name in ("ask", "topic", "search"):
                self._errors.labels(type(failed).__name__).inc()

        return ended

    def answered(self, method: str, route: str, status: int) -> None:
        """Count a request."""
        known = method if method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS") else "other"
        self._requests.labels(known, route, str(status)).inc()

    def failed(self, error: BaseException) -> None:
        """Count an error outside the stages."""
        self._errors.labels(type(error).__name__).inc()

    def watch_library(self, shelf: Shelf, running: Callable[[], int]) -> None:
        """Say with each reading how large the library is, and how many answers are under way."""
        self._registry.register(_Library(shelf))
        self._running.set_function(running)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self._registry)


class _Library(Collector):
    """Reads the library's size when it is asked for."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def collect(self) -> Iterable[Metric]:
        """The library as it is; 0 for readable where it cannot be read."""
        try:
            sizes = {
                "papers": (self._shelf.coverage().papers, "Papers in the library."),
                "passages": (self._shelf.indexed_chunks(), "Passages in its index."),
                "generation": (self._shelf.generation(), "Number of its last write."),
            }
        except PaperchatError:
            sizes = {}
        yield GaugeMetricFamily("paperchat_library_readable", "Whether the library can be read.", float(bool(sizes)))
        for name, (size, meaning) in sizes.items():
            yield GaugeMetricFamily(f"paperchat_library_{name}", meaning, float(size))


def _outcome(facts: Facts, failed: BaseException | None) -> str:
    if failed is None:
        return str(facts.get("outcome", "unknown"))
    return "stopped" if isinstance(failed, GeneratorExit) else "failed"
