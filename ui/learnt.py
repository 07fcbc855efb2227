"""Where rewritings that were learnt come from, in the same words on every face."""

from rag.papers.readers.rewritten import Rewriting

_ORIGINS = {
    "reader": "your own words",
    "follow_up": "read from the conversation",
    "spelling": "spelling corrected",
    "model": "the language model's words",
}


def origin_of(one: Rewriting) -> str:
    """Who put a question otherwise, and after which question."""
    where = f", after “{one.context}”" if one.context else ""
    return _ORIGINS.get(one.origin, one.origin) + where
