"""Where a question that asks several things is parted, and where it is one thing however it is put."""

from __future__ import annotations

import pytest

from rag.models.minilm import installed
from rag.models.pieces import cut, load_pieces
from rag.query.intents.intent import Intent, Intents
from rag.query.intents.parts import MOST, read_asks, read_parts

INTENTS = Intents(installed)


def parted(text: str) -> tuple[str, ...]:
    return read_parts(text, INTENTS.read(text), INTENTS.read)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Who wrote OneRec, and what does it find?", ("Who wrote OneRec", "what does it find")),
        ("List the papers on bees, then compare their methods.", ("List the papers on bees", "compare their methods")),
        (
            "How does PLUM tokenise items? And which datasets was it tested on? Is the code public?",
            ("How does PLUM tokenise items", "which datasets was it tested on", "Is the code public"),
        ),
        (
            "What is QueryGym; which models does it serve; is the code available?",
            ("What is QueryGym", "which models does it serve", "is the code available"),
        ),
        (
            "Who are the authors of IterQR, and on which platform was it deployed?",
            ("Who are the authors of IterQR", "on which platform was it deployed"),
        ),
        (
            "How many papers on music, who wrote the most of them, and what are the main ideas?",
            ("How many papers on music", "who wrote the most of them", "what are the main ideas"),
        ),
        (
            "Is there anything on cold start? And what did Laura Dietz publish?",
            ("Is there anything on cold start", "what did Laura Dietz publish"),
        ),
    ],
)
def test_each_thing_that_is_asked_is_a_part(text: str, parts: tuple[str, ...]) -> None:
    assert parted(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "In the TREC RAG study, which share of labels matched, and what was it with post-editing?",
            ("In the TREC RAG study, which share of labels matched", "what was it with post-editing"),
        ),
        (
            "I only have few labels. How does LARA choose what is labelled and what happens with the rest?",
            ("I only have few labels. How does LARA choose what is labelled", "what happens with the rest"),
        ),
    ],
)
def test_what_only_leads_into_a_question_belongs_to_it(text: str, parts: tuple[str, ...]) -> None:
    assert parted(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "What does GenSAR do for search and recommendation?",
        "Remind me, which crawl does GovScape index?",
        "I would be glad to know how BBDRec treats noise, in plain words.",
        "Does PLUM beat the baselines? By how much?",
        "Which model of PLUM ranks best, and how well?",
        "Which problem does SelfRACG address and how?",
        "Which papers train on logs and test with users?",
        "Half of what my lab knows sits in inboxes. Is there some small assistant we could ask, which keeps secrets?",
        "Bees and clover",
    ],
)
def test_one_thing_is_not_parted(text: str) -> None:
    assert parted(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Could you explain to me, without too many formulas, how GovScape finds its pages?",
        "Can you tell us, as if we had never seen a codebook, what UNGER merges?",
        "What about QueryGym, which models does it serve?",
        "When two annotators disagree, how does LARA decide?",
        "In the studies where users have no history, which datasets are used?",
        "If I have no logs, is there a way to train it?",
        "PLUM YouTube generative retrieval - what are the stages of adapting it?",
    ],
)
def test_what_asks_nothing_by_itself_is_no_part(text: str) -> None:
    assert parted(text) == ()
    assert read_asks(text) == ()


def test_what_leads_into_a_part_stands_with_it_and_what_only_asks_to_be_told_does_not() -> None:
    text = "Who wrote QueryGym? And could you say, in short, how it rewrites? And what about PLUM, is it deployed?"
    assert parted(text) == ("Who wrote QueryGym", "how it rewrites", "what about PLUM, is it deployed")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("When was PLUM listed, and who wrote it?", ("When was PLUM listed", "who wrote it")),
        ("where does it look up, how slow is it", ("where does it look up", "how slow is it")),
        ("Is QueryGym open? What about PLUM?", ("Is QueryGym open", "What about PLUM")),
        ("Explain PLUM, and tell me who wrote it.", ("Explain PLUM", "tell me who wrote it")),
    ],
)
def test_what_looks_like_a_lead_and_asks_is_a_part(text: str, parts: tuple[str, ...]) -> None:
    assert parted(text) == parts


@pytest.mark.parametrize(
    ("said", "doings"),
    [
        ("Would you kindly walk me through|how Quarry sorts its logs", ["requests", "asks"]),
        ("When two annotators quarrel|whose label does it keep", ["leads", "asks"]),
        ("When was Quarry listed|and who wrote it", ["asks", "asks"]),
        ("For which users does it work|and for which not", ["asks", "asks"]),
        ("What about Quarry|which models does it serve", ["leads", "asks"]),
        ("papers on tram timetables|which of them publish code", ["asks", "asks"]),
        ("how is it trained|many thanks", ["asks", "narrows"]),
    ],
)
def test_what_a_piece_does_is_told_by_itself_and_what_stands_around_it(said: str, doings: list[str]) -> None:
    text, spans = "", []
    for piece in said.split("|"):
        text = f"{text}, {piece}" if text else piece
        spans.append((len(text) - len(piece), len(text)))
    assert load_pieces().told(cut(text, spans)) == doings


def test_what_asks_nothing_behind_a_part_belongs_to_it() -> None:
    text = "What is PLUM about? How fast is it? Only papers since May"
    assert parted(text) == ("What is PLUM about", "How fast is it? Only papers since May")
    assert parted("Who wrote PLUM? Is it open? Thanks a lot!") == ("Who wrote PLUM", "Is it open? Thanks a lot")


def test_words_that_put_no_question_are_a_part_where_what_they_want_is_plain() -> None:
    text = "Papers on sign language; what does WhisperSign do?"
    assert read_parts(text, Intent(compound=0.9), INTENTS.read) == (
        "Papers on sign language",
        "what does WhisperSign do",
    )
    lead = "The one on sign language; what does it do?"
    assert read_parts(lead, Intent(compound=0.9), INTENTS.read) == ()


def test_what_is_compared_stands_together_unless_each_is_asked_about_alone() -> None:
    text = "How do IterQR and QueryGym differ, and which is faster?"
    assert read_parts(text, Intent(compound=0.9), INTENTS.read, ("IterQR", "QueryGym")) == ()
    apart = ("What does IterQR do", "how fast is QueryGym")
    assert read_parts(f"{', and '.join(apart)}?", Intent(compound=0.9), INTENTS.read, ("IterQR", "QueryGym")) == apart


def test_who_names_what_something_replaces_compares_nothing() -> None:
    parts = ("What does SEATER use instead of TIGER's index", "how well does it do")
    assert read_parts(f"{', and '.join(parts)}?", Intent(compound=0.9), INTENTS.read, ("SEATER", "TIGER")) == parts


def test_a_text_that_gives_no_part_has_none() -> None:
    several = Intent({"compare": 0.9, "single": 0.1}, compound=0.9)
    text = "difference the paper about ranking and the paper about hubs"
    assert read_parts(text, several, lambda _: several, ("ranking", "hubs")) == ()


def test_more_questions_than_anybody_asks_at_once_are_one() -> None:
    asked = [f"Who wrote IterQR{n}?" for n in range(MOST + 1)]
    assert len(parted(" ".join(asked[:MOST]))) == MOST
    assert parted(" ".join(asked)) == ()


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (
            "Which failure do agents show, and what do they do about it?",
            ("Which failure do agents show", "what do they do about it"),
        ),
        ("Does it help, and by how much?", ("Does it help", "by how much")),
        ("why is it slow?? and whats the gain over bees", ("why is it slow", "whats the gain over bees")),
        ("I have few labels. How are they chosen and why?", ("I have few labels. How are they chosen", "why")),
        ("How does it rank bees and clover?", ()),
    ],
)
def test_all_that_is_asked_is_told_apart_also_what_says_nothing_by_itself(text: str, asks: tuple[str, ...]) -> None:
    assert read_asks(text) == asks


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Thanks, that helps, now tell me who wrote PLUM", "now tell me who wrote PLUM"),
        ("Hello again, what is PLUM?", "what is PLUM?"),
        ("PLUM, is it open?", "PLUM, is it open?"),
        ("ok, is it open?", "ok, is it open?"),
        ("Thanks, that helps", "Thanks, that helps"),
    ],
)
def test_clauses_that_only_greet_or_thank_are_no_part_of_what_is_asked(text: str, rest: str) -> None:
    assert INTENTS.without_courtesies(text) == rest
