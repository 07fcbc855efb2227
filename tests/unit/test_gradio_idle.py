"""What Gradio would do for nobody, it does not do."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from gradio.queueing import Queue

from rag.assistant import Assistant
from rag.config import Config
from rag.index.library import Library
from rag.papers.readers.conversations import FILE_NAME, Conversations
from ui.web.base.work import Work
from ui.web.drawn.site import Site
from ui.web.host import serving


def test_gradio_sums_up_no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANALYTICS_ENABLED", "TEMP_DIR", "ANALYTICS_CACHE_FREQUENCY", "ANALYTICS_MAX_EVENTS"):
        monkeypatch.setenv(f"GRADIO_{name}", os.environ.get(f"GRADIO_{name}", "1"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    async def made() -> Queue:  # where no loop is running, Gradio makes one and never closes it
        return Queue(True, 1, 1.0, None, gr.Blocks())

    with serving._private_gradio():
        queue = asyncio.run(made())
    queue.events_recorded = 5
    records = [{"function": "submit", "status": "success", "process_time": 1.0}]
    queue.compute_analytics_summary(records)  # type: ignore[no-untyped-call]
    assert queue.cached_event_analytics_summary == {"functions": {}}


def test_gradio_looks_for_events_seldom(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[gr.Blocks] = []

    def mount(app: FastAPI, blocks: gr.Blocks, *_: object, **__: Any) -> FastAPI:
        made.append(blocks)
        return app

    monkeypatch.setattr(gr, "mount_gradio_app", mount)
    config = Config(data_dir=tmp_path)
    with Assistant(Library(config)) as assistant:

        async def make() -> None:
            serving._gradio_app(assistant, config, False, Work(), Site(assistant, Conversations(tmp_path / FILE_NAME)))

        asyncio.run(make())
    queue = made[0]._queue
    assert queue.sleep_when_free == queue.progress_update_sleep_when_free == serving.LOOK_S >= 0.01
