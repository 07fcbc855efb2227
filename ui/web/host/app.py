"""The web app, assembled; how it is launched stands in ui/web/host/serving.py."""

from __future__ import annotations

import gradio as gr

from rag.assistant import Assistant
from rag.config import Config
from rag.papers.readers.conversations import FILE_NAME, Conversations
from ui.web.base.blocks import Page
from ui.web.base.context import Follow, Marks, Web, no_follow, no_marks
from ui.web.base.guard import guard
from ui.web.base.work import Work
from ui.web.chat import page as chat
from ui.web.forms import library, setup, topic
from ui.web.host import programs

TITLE = "paperchat"
PAGES = (("Chat", chat), ("Topic", topic), ("Add", library), ("Setup", setup))
"""The tabs: each page is a module with `build(web)`, called inside its tab."""


def build_app(
    assistant: Assistant,
    config: Config,
    work: Work | None = None,
    marks: Marks = no_marks,
    follow: Follow = no_follow,
) -> gr.Blocks:
    """Build the page over an open assistant, which the caller closes after the server.

    Args:
        assistant: Answers questions; used from many threads.
        config: Where the library lies and what the page may do.
        work: What the server waits for at its end.
        marks: A reader's buttons of some papers.
        follow: The button by which a reader follows a question.
    """
    conversations = Conversations(assistant.library.config.store(FILE_NAME))
    web = Web(assistant, config, conversations, work or Work(), marks, follow)
    app = Page(title=TITLE, analytics_enabled=False, fill_width=True)
    with app:
        programs.build(web)
        with gr.Tabs(elem_id="pages"):
            for name, page in PAGES:
                with gr.Tab(name, id=name.lower(), elem_id=f"{name.lower()}-page"):
                    page.build(web)
    guard(app)
    return app
