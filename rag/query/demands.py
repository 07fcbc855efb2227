"""What a question's own words demand of the sentences and papers that answer it."""

from __future__ import annotations

from dataclasses import replace

from rag.query.intents.subject import read_names, read_phrase, read_sort
from rag.query.question import Question
from rag.query.rules import load_rules


def with_demands(asked: Question) -> Question:
    """The question with what its own words demand of the sentences and papers that answer it."""
    said, rules = asked.typed or asked.standalone, load_rules("demands")
    return replace(
        asked,
        typed=said,
        compound=asked.intent.several(said),
        phrase=read_phrase(asked.search_text, named=bool(asked.wanted.order)),
        names=read_names(said),  # and not those of the papers that a conversation is about
        sort=read_sort(said),
        several=rules["several"](said),
        works=load_rules("intent")["several_papers"](said),
        told=rules["frame"].without(asked.search_text),
    )
