"""Addresses of the page: what a path names, and the paths of papers, days, topics and conversations.

`/today` (also `/`), `/day/2025-11-22`, `/paper/2504.05309`, `/library?words=…`, `/map`, `/map/3.1`, `/best?q=…`,
`/chat`, `/conversation/ID`, `/topic/query rewriting`, `/quiz`, `/you`, `/review`, `/add` and
`/setup`; nothing else is a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import parse_qsl, quote, urlencode

LONE = ("today", "library", "best", "map", "chat", "topic", "quiz", "you", "review", "add", "setup")
"""Pages whose path is their name."""
NAMED = ("day", "paper", "map", "conversation", "topic")
"""Pages whose path goes on with what they show."""
MISSING = "missing"
READ = frozenset({"today", "day", "paper", "library", "best", "map", "quiz", "you", "review", MISSING})
"""Pages that are drawn by the server; the others are Gradio's."""
SECTIONS = {
    "day": "today",
    "paper": "library",
    "add": "library",
    "best": "library",
    "conversation": "chat",
    "quiz": "you",
    "review": "library",
}
"""Under which of the links in the head a page stands, where that isn't its own."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a reader is.

    Attributes:
        page: One of `LONE` and `NAMED`, or `MISSING`.
        key: Which paper, day, topic or conversation.
        fields: What stands behind the question mark.
    """

    page: str
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str, query: str = "") -> Address:
        """Read a path, decoded, with what stands behind its question mark, encoded."""
        fields = dict(parse_qsl(query))
        name, _, key = path.strip("/").partition("/")
        if not name:
            if conversation := fields.get("conversation"):
                return cls("conversation", conversation, fields)
            return cls("chat" if "q" in fields else "today", "", fields)
        if key and name in NAMED:
            return cls(name, key, fields)
        return cls(name, "", fields) if name in LONE and not key else cls(MISSING, path, fields)


def paper(paper_id: str) -> str:
    """The path of a paper."""
    return f"/paper/{quote(paper_id)}"


def day(of: date) -> str:
    """The path of a day."""
    return f"/day/{of}"


def library(**fields: object) -> str:
    """The path of the library, restricted by fields; empty ones are left out."""
    return _with("/library", fields)


def region(code: str = "", at: int = 0) -> str:
    """The path of a region of the map, or of the map; its papers from one on."""
    path = f"/map/{quote(code)}" if code else "/map"
    return f"{path}?at={at}" if at else path


def conversation(conversation_id: str) -> str:
    """The path of a conversation."""
    return f"/conversation/{quote(conversation_id, safe='')}"


def topic(query: str) -> str:
    """The path of a topic."""
    return f"/topic/{quote(query, safe='')}"


def best(**fields: object) -> str:
    """The path of the best paper for a request; empty fields are left out."""
    return _with("/best", fields)


def chat(**fields: object) -> str:
    """The path of a new conversation about some papers, named or restricted as in the library."""
    return _with("/chat", fields)


def export(form: str, /, **fields: object) -> str:
    """The path of a bibliography of papers, named or restricted as in the library."""
    return _with(f"/export/{quote(form)}", fields)


def _with(path: str, fields: Mapping[str, object]) -> str:
    """A path with its fields behind it; empty ones are left out."""
    given = {name.rstrip("_"): str(value) for name, value in fields.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
