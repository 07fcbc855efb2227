"""Who watches a running page: its log always, figures and traces where the configuration asks for them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.config import Config
from rag.stages import Ended, Facts, watched_by

if TYPE_CHECKING:
    from ui.telemetry.metrics import Metrics
    from ui.telemetry.traces import Spans

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of requests; None where nobody asked for it."""

    metrics: Metrics | None = None
    spans: Spans | None = None


class Diary:
    """A watcher of stages that logs how questions came out."""

    def begin(self, name: str) -> Ended:
        """Log the end of a question; of other stages nothing."""
        return _told if name == "ask" else _untold


def _told(facts: Facts, failed: BaseException | None) -> None:
    if failed is None:
        _log.info("answer", extra={"facts": dict(facts)})
    elif isinstance(failed, GeneratorExit):
        _log.info("answer", extra={"facts": {"outcome": "stopped"}})
    else:
        _log.info("answer", extra={"facts": {"outcome": "failed", "error": type(failed).__name__}})


def _untold(facts: Facts, failed: BaseException | None) -> None:
    return None


@contextmanager
def watched(config: Config) -> Iterator[Watch]:
    """Watch this process while the block runs, as the configuration says.

    Raises:
        ConfigError: traces are wanted and cannot be sent.
    """
    metrics: Metrics | None = None
    spans: Spans | None = None
    with ExitStack() as stack:
        stack.enter_context(watched_by(Diary()))
        if config.telemetry.metrics:
            from ui.telemetry.metrics import Metrics

            metrics = Metrics()
            stack.enter_context(watched_by(metrics))
        if config.telemetry.traces:
            from ui.telemetry.traces import traced

            spans = stack.enter_context(traced(config))
        yield Watch(metrics, spans)
