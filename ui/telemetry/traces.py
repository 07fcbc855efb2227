"""Traces of the page's work, sent to an OpenTelemetry collector over OTLP/HTTP.

Spans are made of requests and of stages (rag/stages). LlamaIndex tells its dispatcher of every call of a model, and
Chroma has a tracer of its own: both are given ours, so that what they do stands below the stage that did it. Names,
counts and codes are sent, never words of a reader, a paper or a model.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from pydantic import Field

from rag.config import Config
from rag.errors import ConfigError
from rag.stages import Ended, Facts, watched_by
from ui.telemetry.request import request_id

EXPORTER = "opentelemetry.exporter.otlp.proto.http"
_FLUSH_MS = 3000
"""Milliseconds at the end for what was not sent yet."""


class Spans:
    """A watcher of stages that makes a span of each, and spans of requests. Safe to use from many threads."""

    def __init__(self, tracer: Tracer) -> None:
        """Make spans with this tracer."""
        self._tracer = tracer

    def begin(self, name: str) -> Ended:
        """Begin a stage's span, below the one in whose midst it begins."""
        span = self._tracer.start_span(f"paperchat.{name}")
        if request := request_id():
            span.set_attribute("paperchat.request", request)
        token = context.attach(trace.set_span_in_context(span))

        def ended(facts: Facts, failed: BaseException | None) -> None:
            context.detach(token)
            for key, value in facts.items():
                span.set_attribute(f"paperchat.{key}", value)
            _end(span, failed)

        return ended

    @contextmanager
    def request(self, method: str, route: str, headers: Mapping[str, str]) -> Iterator[Span]:
        """A request's span, below that of whoever sent it where a ``traceparent`` says so."""
        span = self._tracer.start_span(
            f"{method} {route}", propagate.extract(headers), SpanKind.SERVER, {"http.request.method": method}
        )
        span.set_attribute("http.route", route)
        span.set_attribute("paperchat.request", request_id())
        token = context.attach(trace.set_span_in_context(span))
        failed: BaseException | None = None
        try:
            yield span
        except BaseException as error:
            failed = error
            raise
        finally:
            context.detach(token)
            _end(span, failed)


def _end(span: Span, failed: BaseException | None) -> None:
    """End a span; of an error its kind is told, as its words may be a reader's."""
    if isinstance(failed, GeneratorExit):
        span.set_attribute("paperchat.outcome", "stopped")
    elif failed is not None:
        span.set_attribute("error.type", type(failed).__name__)
        span.set_status(Status(StatusCode.ERROR))
    span.end()


@contextmanager
def traced(config: Config) -> Iterator[Spans]:
    """Send traces while the block runs.

    Args:
        config: Its section `telemetry` says where, under which name and how many.

    Raises:
        ConfigError: the exporter is not installed.
    """
    if find_spec("opentelemetry.exporter") is None or find_spec(EXPORTER) is None:
        raise ConfigError(
            "telemetry.traces is on, but its exporter is not installed.", "pip install 'paperchat[telemetry]'"
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    settings = config.telemetry
    exporter = OTLPSpanExporter(settings.traces_url)  # None: as the environment says, as for every program
    provider = TracerProvider(
        ParentBasedTraceIdRatio(settings.sampled), Resource.create({SERVICE_NAME: settings.service_name})
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("paperchat")
    spans = Spans(tracer)
    try:
        with watched_by(spans), of_chroma(provider.get_tracer("chromadb")):
            watch_llamaindex(provider.get_tracer("llama_index"))
            yield spans
    finally:
        provider.force_flush(_FLUSH_MS)
        provider.shutdown()


@contextmanager
def of_chroma(tracer: Tracer) -> Iterator[None]:
    """Let Chroma's client of a server trace what it asks; its own switch would send that elsewhere, over gRPC."""
    from chromadb.telemetry import opentelemetry as chroma

    before = chroma.tracer, chroma.granularity
    chroma.tracer, chroma.granularity = tracer, chroma.OpenTelemetryGranularity.OPERATION
    try:
        yield
    finally:
        chroma.tracer, chroma.granularity = before


def watch_llamaindex(tracer: Tracer) -> None:
    """Have LlamaIndex's dispatcher tell a tracer of its calls.

    LlamaIndex's own package for this sends prompts and replies as well, and asks for an older release of its core.
    """
    from llama_index_instrumentation import get_dispatcher
    from llama_index_instrumentation.span import BaseSpan
    from llama_index_instrumentation.span_handlers import BaseSpanHandler

    class Calls(BaseSpanHandler[BaseSpan]):
        """Keeps the spans under way, by LlamaIndex's ids."""

        under_way: dict[str, Span] = Field(default_factory=dict)

        def new_span(
            self,
            id_: str,
            bound_args: inspect.BoundArguments,
            instance: Any | None = None,
            parent_span_id: str | None = None,
            tags: dict[str, Any] | None = None,
            **kwargs: Any,
        ) -> BaseSpan:
            above = self.under_way.get(parent_span_id or "")
            below = trace.set_span_in_context(above) if above else None
            begun = tracer.start_span(id_.partition("-")[0], below)
            self.under_way[id_] = begun
            return BaseSpan(id_=id_, parent_id=parent_span_id)

        def prepare_to_exit_span(
            self,
            id_: str,
            bound_args: inspect.BoundArguments,
            instance: Any | None = None,
            result: Any | None = None,
            **kwargs: Any,
        ) -> BaseSpan | None:
            return self._over(id_, None)

        def prepare_to_drop_span(
            self,
            id_: str,
            bound_args: inspect.BoundArguments,
            instance: Any | None = None,
            err: BaseException | None = None,
            **kwargs: Any,
        ) -> BaseSpan | None:
            return self._over(id_, err)

        def _over(self, id_: str, failed: BaseException | None) -> BaseSpan | None:
            if begun := self.under_way.pop(id_, None):
                _end(begun, failed)
            return self.open_spans.get(id_)

    get_dispatcher().add_span_handler(Calls())
