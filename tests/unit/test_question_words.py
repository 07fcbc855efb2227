"""What a question may hold before anybody reads it."""

from __future__ import annotations

import pytest

from rag.errors import QuestionError
from rag.query.lexicon.words import check_question


@pytest.mark.parametrize("written", ["rank\ud800 passages", "rank\0passages", " rank \udfff\n passages\0"])
def test_what_is_no_character_is_a_blank(written: str) -> None:
    assert check_question(written, 40) == "rank passages"


def test_nothing_but_such_is_no_question() -> None:
    with pytest.raises(QuestionError, match="empty"):
        check_question("\ud800\0", 40)
