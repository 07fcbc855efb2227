"""What Chroma and LlamaIndex do is traced below the stage that did it, and no word of it is told."""

from __future__ import annotations

import pytest
from chromadb.telemetry.opentelemetry import OpenTelemetryGranularity, trace_method
from llama_index_instrumentation import get_dispatcher
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from rag.stages import stage, watched_by
from ui.telemetry.traces import Spans, of_chroma, watch_llamaindex

WORD = "zymurgical"


@trace_method("Collection.query", OpenTelemetryGranularity.OPERATION)
def searched() -> int:
    return 1


class Model:
    @get_dispatcher("tests.traces").span
    def complete(self, prompt: str) -> str:
        if "fail" in prompt:
            raise ValueError(prompt)
        return prompt


def test_others_spans_stand_below_the_stage_and_hold_no_text() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("test")
    with watched_by(Spans(tracer)), of_chroma(tracer):
        watch_llamaindex(tracer)
        with stage("retrieve"):
            searched()
        with stage("write"):
            Model().complete(WORD)
            with pytest.raises(ValueError, match="fail"):
                Model().complete(f"fail {WORD}")
    searched()
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert set(spans) == {"paperchat.retrieve", "paperchat.write", "Collection.query", "Model.complete"}
    for inner, outer in (("Collection.query", "paperchat.retrieve"), ("Model.complete", "paperchat.write")):
        parent, context = spans[inner].parent, spans[outer].context
        assert parent is not None
        assert context is not None
        assert parent.span_id == context.span_id
    assert spans["Model.complete"].status.status_code is StatusCode.ERROR
    assert all(WORD not in span.to_json() for span in kept.get_finished_spans())
