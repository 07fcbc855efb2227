"""What Gradio keeps of a tab, and what a step of an event costs it."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from gradio.state_holder import SessionState

from ui.web.base.blocks import MOST_TABS, Page


def app_of(kind: type[gr.Blocks], *, postprocess: bool = False) -> tuple[gr.Blocks, list[Any]]:
    """An app with parts that one event may change, and another; it needs a running event loop, or leaves one open."""
    with kind(analytics_enabled=False) as app:
        parts: list[Any] = [gr.HTML("a"), gr.HTML("b"), gr.Textbox("c"), gr.State("d")]
        gr.Button().click(dict, None, [*parts], postprocess=postprocess)
        parts.append(gr.HTML("e"))
    return app, parts


async def stepped(app: gr.Blocks, state: SessionState, predictions: Any) -> list[Any]:
    (event,) = app.fns.values()
    return await app.postprocess_data(event, predictions, state)


def test_what_a_step_does_not_name_stays_the_same_component() -> None:
    async def steps() -> None:
        app, (first, second, *_) = app_of(Page, postprocess=True)
        state = SessionState(app)
        before = dict(state.blocks_config.blocks)
        assert await stepped(app, state, {first: "x"}) == ["x", gr.skip(), gr.skip(), None]
        assert await stepped(app, state, {second: "y"}) == [gr.skip(), "y", gr.skip(), None]
        assert await stepped(app, state, {second: gr.skip()}) == [gr.skip(), gr.skip(), gr.skip(), None]
        assert state.blocks_config.blocks == before, "Gradio keeps a component more for each of these"

    asyncio.run(steps())


@pytest.mark.parametrize("postprocess", [True, False])
@pytest.mark.parametrize("names", [[0], [0, 1], [0, 1, 2, 3], [2], [3], [1, 3]])
def test_a_tab_is_sent_what_gradio_would_send_it(names: list[int], *, postprocess: bool) -> None:
    async def sent_by(kind: type[gr.Blocks]) -> tuple[list[Any], Any]:
        app, parts = app_of(kind, postprocess=postprocess)
        values = ["x", gr.update(value="y", visible=False), gr.update(value="z", placeholder="…"), "kept"]
        state = SessionState(app)
        sent = await stepped(app, state, {parts[n]: values[n] for n in names})
        # Gradio repeats the kind of an update to HTML among its properties.
        return [{k: v for k, v in one.items() if k != "props"} if isinstance(one, dict) else one for one in sent], (
            state[parts[3]._id]
        )

    assert asyncio.run(sent_by(Page)) == asyncio.run(sent_by(gr.Blocks))


def test_values_may_come_as_a_list_and_what_an_event_may_not_change_is_an_error() -> None:
    async def sent(named: bool) -> list[Any]:
        app, parts = app_of(Page)
        return await stepped(app, SessionState(app), {parts[0]: "x", parts[4]: "y"} if named else ["x", "y", "z", "s"])

    assert asyncio.run(sent(named=False)) == ["x", "y", "z", None]
    with pytest.raises(ValueError, match="not specified as output"):
        asyncio.run(sent(named=True))


def test_few_tabs_are_kept() -> None:
    async def kept() -> int:
        app, _ = app_of(Page)
        holder = App.create_app(app).state_holder
        for n in range(MOST_TABS + 5):
            holder.__getitem__(f"tab {n}")
        return len(holder.session_data)

    assert asyncio.run(kept()) == MOST_TABS
