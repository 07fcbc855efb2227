"""The methods: what each asks the model, and how its replies and the question become one search.

Sources and departures from them stand in bank.yaml. Every method repeats the question in the lexical text, so that many
generated words do not outweigh the few that the reader chose, and averages embeddings for the dense list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from rag.errors import LLMResponseError
from rag.query.lexicon.vocabulary import fold
from rag.retrieve.hybrid import Expanded
from rag.text.grammar import word_count
from rag.text.untrusted import as_data, as_passages
from rag.types import Passage

REPEATS = 5
"""How often query2doc, query2e and genqr repeat the question."""
REPEATS_QA = 3
MUGI_PASSAGES, MUGI_BETA = 5, 4
CSQE_SAMPLES = 2
LAMER_ANSWERS = 5
FED_BACK, FED_BACK_WORDS = 10, 100
"""Passages that csqe and lamer show the model, and the words of each."""
LONGEST_WORDS = 200
"""Words of one generated text that are searched for."""
SHORTEST_QUOTE = 12
"""Letters and digits that a line must have to be taken for a passage's sentence."""
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.):])\s*|^\s*(?:keywords?|search terms?|answer|passage)\s*:\s*", re.I)


class Run(Protocol):
    """One question on its way through a method."""

    @property
    def question(self) -> str:
        """What is searched for."""

    def ask(self, prompt: str, values: Mapping[str, str] | None = None, temperature: float | None = None) -> str:
        """The model's reply to a prompt of the bank; ``$question`` is filled in where the prompt has it."""

    def found(self, k: int) -> Sequence[Passage]:
        """What the question itself finds, best first."""


def genqr(run: Run) -> Expanded:
    """Related words (arXiv 2308.00415)."""
    return joined(run.question, [", ".join(terms_of(run.ask("genqr")))], REPEATS)


def query2doc(run: Run) -> Expanded:
    """One pseudo-document (arXiv 2303.07678)."""
    return joined(run.question, [passage_of(run.ask("query2doc"))], REPEATS)


def query2e(run: Run) -> Expanded:
    """Search terms (arXiv 2305.03653)."""
    return joined(run.question, [", ".join(terms_of(run.ask("query2e")))], REPEATS)


def qa_expand(run: Run) -> Expanded:
    """Answers to three simpler questions, cleared of what does not belong (arXiv 2502.08557)."""
    questions = lines_of(run.ask("qa-expand.questions"))[:3]
    answers = lines_of(run.ask("qa-expand.answers", {"questions": "\n".join(map(as_data, questions))}))
    notes = lines_of(run.ask("qa-expand.refine", {"answers": "\n".join(map(as_data, answers))}))
    return joined(run.question, notes, REPEATS_QA)


def mugi(run: Run) -> Expanded:
    """Several pseudo-documents; the question is repeated in proportion to their length (arXiv 2401.06311)."""
    passages = [passage_of(run.ask("mugi", temperature=1.0)) for _ in range(MUGI_PASSAGES)]
    words = sum(map(word_count, passages))
    return joined(run.question, passages, max(1, words // (MUGI_BETA * word_count(run.question))))


def csqe(run: Run) -> Expanded:
    """What the model knows, and sentences of the collection that it points at (arXiv 2402.18031)."""
    passages = run.found(FED_BACK)
    shown = as_passages(passages, FED_BACK_WORDS)
    texts = [passage_of(run.ask("csqe.knowledge", temperature=1.0)) for _ in range(CSQE_SAMPLES)]
    for _ in range(CSQE_SAMPLES):
        copied = [
            line for line in _lines(run.ask("csqe.sentences", {"passages": shown}, 1.0)) if _stands_in(line, shown)
        ]
        texts += [" ".join(copied)] if copied else []
    return joined(run.question, texts, len(texts))


def lamer(run: Run) -> Expanded:
    """Answers written in sight of what the question finds (arXiv 2304.14233)."""
    shown = as_passages(run.found(FED_BACK), FED_BACK_WORDS)
    answers = [passage_of(run.ask("lamer", {"passages": shown}, 0.7)) for _ in range(LAMER_ANSWERS)]
    lexical = " ".join(f"{run.question} {answer}" for answer in answers)
    return Expanded(lexical, (run.question, *answers))


FAMILIES: dict[str, Callable[[Run], Expanded]] = {
    "genqr": genqr,
    "query2doc": query2doc,
    "query2e": query2e,
    "qa-expand": qa_expand,
    "mugi": mugi,
    "csqe": csqe,
    "lamer": lamer,
}
"""The methods by the name under which the configuration and `eval retrieval --reformulate` know them."""


def joined(question: str, texts: Sequence[str], repeats: int) -> Expanded:
    """The question so many times, then the texts; the embeddings of the question and of each text are averaged."""
    return Expanded(" ".join([question] * repeats + list(texts)), (question, *texts))


def passage_of(reply: str) -> str:
    """A reply as one text of at most `LONGEST_WORDS` words.

    Raises:
        LLMResponseError: nothing is left.
    """
    words = _BULLET.sub("", reply).split()[:LONGEST_WORDS]
    if not any(char.isalnum() for word in words for char in word):
        raise LLMResponseError("The model's reply holds no words to search for.", "Ask again, or use another model.")
    return " ".join(words)


def lines_of(reply: str) -> list[str]:
    """A reply's lines without numbers and bullets (`LLMResponseError` as in `passage_of`)."""
    return _lines(_clipped(reply))


def terms_of(reply: str) -> list[str]:
    """A reply's words or phrases, given on lines or between commas (`LLMResponseError` as in `passage_of`)."""
    parts = [part.strip(" .\"'`*") for line in lines_of(reply) for part in re.split(r"[,;]", line)]
    return list(dict.fromkeys(part for part in parts if part))


def _clipped(reply: str) -> str:
    left, kept = LONGEST_WORDS, []
    passage_of(reply)  # refuses one without words
    for line in reply.splitlines():
        words = line.split()[:left]
        left -= len(words)
        kept.append(" ".join(words))
    return "\n".join(kept)


def _lines(text: str) -> list[str]:
    lines = (_BULLET.sub("", line).strip() for line in text.splitlines())
    return [line for line in lines if any(map(str.isalnum, line))]


def _stands_in(line: str, passages: str) -> bool:
    """Whether a line is copied from the passages, whatever its quotation marks and white space."""
    key = fold(line)
    return len(key) >= SHORTEST_QUOTE and key in fold(passages)
