"""Questions that ask what something is or how it works, and the sentences that say so."""

from __future__ import annotations

import pytest

from rag.query.aims import fit_to, read_aim


@pytest.mark.parametrize(
    ("question", "aim"),
    [
        ("What is IterQR?", "definition"),
        ("what's Search-R1 about?", "definition"),
        ("Tell me about the IterQR paper", "definition"),
        ("What does QueryGym propose?", "definition"),
        ("summarize ToolDreamer", "definition"),
        ("How does ToolDreamer work?", "workings"),
        ("explain how Search-R1 works", "workings"),
        ("How do IterQR and ToolDreamer differ?", "workings"),
        ("What is the difference between Search-R1 and DDRO?", "workings"),
        ("IterQR vs ToolDreamer", "workings"),
        ("Compare OneRec with PLUM.", "workings"),
        ("How does OneRec differ from PLUM?", "workings"),
        ("How do IterQR and ToolDreamer differ in latency?", None),
        ("How do IterQR and ToolDreamer rewrite queries?", None),
        ("IterQR vs ToolDreamer for long documents", None),
        ("What is the accuracy of the method?", None),
        ("How does DDRO align retrieval with relevance?", None),
        ("Why does retrieval fail?", None),
        ("Which papers use IterQR?", None),
    ],
)
def test_what_is_asked(question: str, aim: str | None) -> None:
    assert read_aim(question) == aim


BACKGROUND = "Tool calling has become increasingly popular."
PRESENTS = "To remedy this, we propose ToolDreamer, a framework for tool retrieval."
IS_A = "ToolDreamer (TD) is a framework that retrieves tools."
METHOD = "First, a model writes descriptions of the tools that it hopes for."
RESULT = "It outperforms all baselines by 12% on ToolRet."
CODE = "Our code will soon be available."


def test_sentences_that_fit() -> None:
    definition = [
        fit_to("definition", one, "ToolDreamer") for one in (BACKGROUND, PRESENTS, IS_A, METHOD, RESULT, CODE)
    ]
    assert definition == [0, 1, 1, 0, -1, -1]
    workings = [fit_to("workings", one, "ToolDreamer") for one in (BACKGROUND, PRESENTS, IS_A, METHOD, RESULT, CODE)]
    assert workings == [0, 1, 1, 0.5, -1, -1]
    assert {fit_to(None, one, "ToolDreamer") for one in (BACKGROUND, PRESENTS, RESULT)} == {0}
