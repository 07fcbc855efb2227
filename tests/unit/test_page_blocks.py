"""What Gradio keeps of a tab, and what a step of an event costs it."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from gradio.state_holder import SessionState

from ui.web.base.blocks import MOST_TABS, Page


def app_of(kind: type[gr.Blocks]) -> tuple[gr.Blocks, list[Any]]:
    """An app with three parts, which one event may change; it needs a running event loop, or leaves one open."""
    with kind(analytics_enabled=False) as app:
        parts = [gr.HTML("a"), gr.HTML("b"), gr.Textbox("c")]
        gr.Button().click(dict, None, parts, postprocess=False)
    return app, parts


async def stepped(app: gr.Blocks, state: SessionState, predictions: Any) -> list[Any]:
    (event,) = app.fns.values()
    return await app.postprocess_data(event, predictions, state)


def test_what_a_step_does_not_name_stays_the_same_component() -> None:
    async def steps() -> None:
        app, (first, second, _) = app_of(Page)
        state = SessionState(app)
        before = dict(state.blocks_config.blocks)
        assert await stepped(app, state, {first: "x"}) == ["x", gr.skip(), gr.skip()]
        assert await stepped(app, state, {second: "y"}) == [gr.skip(), "y", gr.skip()]
        assert await stepped(app, state, {second: gr.skip()}) == [gr.skip()] * 3
        assert state.blocks_config.blocks == before, "Gradio keeps a component more for each of these"

    asyncio.run(steps())


@pytest.mark.parametrize("names", [[0], [0, 1], [0, 1, 2], [2]])
def test_a_tab_is_sent_what_gradio_would_send_it(names: list[int]) -> None:
    async def sent_by(kind: type[gr.Blocks]) -> list[Any]:
        app, parts = app_of(kind)
        values = ["x", gr.skip(), gr.update(value="z", placeholder="…")]
        sent = await stepped(app, SessionState(app), {parts[n]: values[n] for n in names})
        # Gradio repeats the kind of an update to HTML among its properties.
        return [{k: v for k, v in one.items() if k != "props"} if isinstance(one, dict) else one for one in sent]

    assert asyncio.run(sent_by(Page)) == asyncio.run(sent_by(gr.Blocks))


def test_values_may_come_as_a_list() -> None:
    async def sent() -> list[Any]:
        app, _ = app_of(Page)
        return await stepped(app, SessionState(app), ["x", "y", "z"])

    assert asyncio.run(sent()) == ["x", "y", "z"]


def test_few_tabs_are_kept() -> None:
    async def kept() -> int:
        app, _ = app_of(Page)
        holder = App.create_app(app).state_holder
        for n in range(MOST_TABS + 5):
            holder.__getitem__(f"tab {n}")
        return len(holder.session_data)

    assert asyncio.run(kept()) == MOST_TABS
