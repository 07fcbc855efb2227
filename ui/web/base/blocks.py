"""Gradio's app, in which an event costs what it changes."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState

MOST_TABS = 250
"""Tabs of which Gradio keeps what it last showed; it would keep the last 10,000, open or not, at two tenths of a
megabyte each before an answer. A tab that was dropped is made anew when it asks for something; what it loses is a
topic's summary that was not saved yet (ui/web/forms/topic.py says so)."""


class Page(gr.Blocks):
    """Gradio's blocks, but that what an event leaves as it is stays as it is.

    Gradio makes a component anew for every output that a step of an event does not name; where that one is given a
    value later, and `postprocess` is on, it stays in the tab's state for good (`Blocks.postprocess_data` of 6.31).
    """

    def __init__(self, **settings: Any) -> None:
        """Make an empty app (`gr.Blocks`)."""
        super().__init__(**settings)
        self.state_session_capacity = MOST_TABS

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """What the tab is sent for each output: its new value or properties, or that nothing has changed."""
        outputs = block_fn.outputs
        if len(outputs) == 1 or not isinstance(predictions, dict) or not _by_output(predictions, outputs):
            return list(await super().postprocess_data(block_fn, predictions, state))
        changed = [output for output in outputs if predictions.get(output, gr.skip()) != gr.skip()]
        if not changed:
            return [_unchanged(output) for output in outputs]
        part = copy(block_fn)
        part.outputs = changed
        values = [predictions[output] for output in changed]
        sent = await super().postprocess_data(part, values[0] if len(values) == 1 else values, state)
        made = dict(zip(changed, sent, strict=True))
        return [made[output] if output in made else _unchanged(output) for output in outputs]


def _by_output(predictions: dict[Any, Any], outputs: Sequence[Block]) -> bool:
    """Whether values stand by the component that each is for; of any other Gradio says what is wrong."""
    return bool(predictions) and all(isinstance(key, Block) and key in outputs for key in predictions)


def _unchanged(output: Block) -> Any:
    """What Gradio sends for an output that an event leaves as it is; a state's value stays on the server."""
    return None if output.stateful else gr.skip()
