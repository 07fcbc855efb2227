"""What can be a question at all: checked before anything is opened for it."""

from __future__ import annotations

from rag.errors import QuestionError


def check_question(question: str, limit: int) -> str:
    """Trim a question, fold its white space and refuse what cannot be one.

    Long runs of blanks would keep the patterns that read a question busy for seconds.

    Raises:
        QuestionError: it is empty, or longer than `limit` characters.
    """
    trimmed = question.replace("\0", " ").strip()
    if not trimmed:
        raise QuestionError("The question is empty.", "Ask something, for instance: which papers rewrite queries?")
    if len(trimmed) > limit:
        raise QuestionError(
            f"The question has {len(trimmed):,} characters; the limit is {limit:,}.",
            "Shorten it, or raise answer.max_question_chars.",
        )
    return " ".join(trimmed.split())
