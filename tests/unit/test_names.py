"""Authors' names as lists write them."""

from __future__ import annotations

import pytest

from rag.text.names import may_share_author


@pytest.mark.parametrize(
    ("some", "others", "shared"),
    [
        (["Lee A."], ["Ann Lee"], True),
        (["Robert Heath, Jr."], ["Robert Heath"], True),
        (["Heath, Jr."], ["Smith, Jr."], False),
        (["Wang Wei"], ["Wei Wang"], True),
        (["José García Márquez"], ["Jose Garcia"], True),
        (["others"], ["Ann Lee"], True),
        (["B. Kim", "et al."], ["Ann Lee", "et al."], False),
        (["ATLAS Collaboration"], ["The CMS Collaboration"], False),
        (["A. Lee"], ["A. Kim"], False),
        ([], ["Ann Lee"], True),
    ],
)
def test_lists_of_authors_may_be_one_papers(some: list[str], others: list[str], shared: bool) -> None:
    assert may_share_author(some, others) is shared
    assert may_share_author(others, some) is shared
