"""Authors' names as lists write them, and systems' as papers do."""

from __future__ import annotations

import pytest

from rag.text.names import is_kind, may_share_author


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


_KINDS = (
    "LLM-based LLM-Guided BLaIR-enhanced CTR-weighted GPT-4o-generated DPO-tuning MLLM-driven ID-free Intent-Aware "
    "BERT-style GPT-like LLM-specific LLM-as-a-judge Text-to-SQL LLM-native LLM-led LLM-built CTR-optimal"
)
_NAMES = (
    "BERT BERT-base BERT-base-uncased BGE-reranker BGE-Large GPT-4o-mini RankT5-large Contriever-msmarco NV-Embed "
    "Qwen3-Embedding AR-Med Seed-LM Open-Seed AgentCF-plus RecLM-cgen MS-MARCO"
)


@pytest.mark.parametrize(
    ("word", "kind"), [*((word, True) for word in _KINDS.split()), *((word, False) for word in _NAMES.split())]
)
def test_a_kind_of_things_is_told_from_a_name_by_how_it_ends(word: str, kind: bool) -> None:
    assert is_kind(word) is kind
