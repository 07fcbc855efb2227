"""One paper, one id, however it is written; what cannot be an id is refused; authors however they are joined."""

from __future__ import annotations

import pytest

from rag.sources.fields import split_authors
from rag.sources.identifiers import ImpossibleId, ids_in, linked_ids, month_of, read_id, title_id

URL = "https://arxiv.org/abs/2503.63002"


@pytest.mark.parametrize(
    "written",
    [
        "2503.63002",
        "2503.63002v3",
        "arXiv:2503.63002",
        "arXiv:2503.63002v1 [cs.IR]",
        "10.48550/arXiv.2503.63002",
        "doi:10.48550/arXiv.2503.63002",
        "https://doi.org/10.48550/ARXIV.2503.63002",
        "https://dx.doi.org/10.48550/arXiv.2503.63002",
        "oai:arXiv.org:2503.63002",
        "https://arxiv.org/abs/2503.63002/",
        "http://export.arxiv.org/pdf/2503.63002v2.pdf",
        "arxiv.org/html/2503.63002v2#S3",
        "https://arxiv.org/abs/2503.63002v2?context=cs",
        "https://www.alphaxiv.org/overview/2503.63002v2",
        "https://alphaxiv.org/zh/overview/2503.63002",
        "https://huggingface.co/papers/2503.63002",
        "https://ar5iv.labs.arxiv.org/html/2503.63002",
        "https://papers.cool/arxiv/2503.63002",
    ],
)
def test_one_paper_has_one_id(written: str) -> None:
    found = read_id(written)
    assert found is not None
    assert (found.paper_id, found.url, found.is_arxiv) == ("2503.63002", URL, True)


@pytest.mark.parametrize(
    ("written", "paper_id"),
    [
        ("math.AG/0309136", "math/0309136"),
        ("https://arxiv.org/abs/math/0309136v2", "math/0309136"),
        ("0704.0001", "0704.0001"),
        ("1412.1234", "1412.1234"),
        ("https://doi.org/10.1145/3626772.ABC", "doi:10.1145/3626772.abc"),
        ("10.1145/3626772.abc", "doi:10.1145/3626772.abc"),
        ("4983", "4983"),
    ],
)
def test_other_ids(written: str, paper_id: str) -> None:
    found = read_id(written)
    assert found is not None
    assert found.paper_id == paper_id


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2503.0531", "perhaps 2503.05310"),
        ("2503.1", "perhaps 2503.10000"),
        ("2503.123456", "5 digits"),
        ("1412.12345", "4 digits"),
        ("1501.1234", "perhaps 1501.12340"),
        ("704.0001", "perhaps 0704.0001"),
        ("0703.0001", "begin in April 2007"),
        ("arXiv:2513.05309", "year and a month"),
        ("2513.00001", "year and a month"),
        ("2599.12345v2", "year and a month"),
        ("9912.00001", "still to come"),
        ("https://arxiv.org/abs/9912.00001", "still to come"),
        ("https://arxiv.org/abs/2503.0531", "perhaps 2503.05310"),
        ("10.48550/arXiv.2503.0531", "perhaps 2503.05310"),
    ],
)
def test_ids_that_cannot_exist_are_refused(written: str, reason: str) -> None:
    with pytest.raises(ImpossibleId, match=reason):
        read_id(written)


def test_links_in_a_text() -> None:
    text = "[![a](https://x.org/arXiv-2503.1-b)](https://arxiv.org/abs/2503.63002) [v2](http://arxiv.org/pdf/2503.63002v2.pdf)"
    assert [(one.paper_id, one.version) for one in linked_ids(text)] == [("2503.63002", 2)]
    assert linked_ids("https://github.com/a/2503.63002") == ()


def test_months_and_titles() -> None:
    assert (month_of("2503.63002"), month_of("hep-th/9901001"), month_of("4983")) == ((2025, 3), (1999, 1), None)
    assert title_id("Łukasz's {\\bf Nets}") == title_id("lukasz S nets!")
    assert title_id("…") is None


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Ann Alpha and Bo Beta", "Ann Alpha|Bo Beta"),
        ("Ann Alpha; Bo Beta; Cy Gamma", "Ann Alpha|Bo Beta|Cy Gamma"),
        ("Ann Alpha & Bo Beta", "Ann Alpha|Bo Beta"),
        ("Ann Alpha, Bo Beta, and Cy Gamma", "Ann Alpha|Bo Beta|Cy Gamma"),
        ("Ann Alpha; Bo Beta and Cy Gamma", "Ann Alpha|Bo Beta|Cy Gamma"),
        ("Alpha, Ann; Beta, Bo", "Alpha, Ann|Beta, Bo"),
        ("Alpha, Ann and Beta, Bo", "Alpha, Ann|Beta, Bo"),
        ("Alpha, A., Beta, B. C.", "Alpha, A.|Beta, B. C."),
        ("Robert W. Heath, Jr.; Ann Lee", "Robert W. Heath, Jr.|Ann Lee"),
        ("Jo Doe (Science; Technology), Ann Lee", "Jo Doe (Science; Technology)|Ann Lee"),
        ("张三，李四、王五", "张三|李四|王五"),
        ("张三；李四", "张三|李四"),
        ("张三 李四 王五", "张三|李四|王五"),
        ("张三等", "张三"),
        ("Ann Alpha et.al.", "Ann Alpha"),
        ("Ann Alpha, Bo Beta, et al.", "Ann Alpha|Bo Beta"),
        ("Ann Alpha and others", "Ann Alpha"),
        ("Ferdinand Andrade", "Ferdinand Andrade"),
        ("Madonna and Prince", "Madonna|Prince"),
        ("Madonna & Prince", "Madonna|Prince"),
        ("['Ann Alpha', 'Bo Beta']", "Ann Alpha|Bo Beta"),
        ("['Ann Alpha' \"Bo O'Beta\"\n 'Cy Gamma']", "Ann Alpha|Bo O'Beta|Cy Gamma"),
        ('["Ann \\u00c1lpha", "Beta, Bo"]', "Ann Álpha|Beta, Bo"),
        ('["Ann Alpha", ""]', "Ann Alpha"),
        ("['Ann Alpha', 'Bo Beta'", "Ann Alpha|Bo Beta"),
        ("['Ann Alpha', \"Bo O'Be", "Ann Alpha"),
        ("Ann Alpha, Bo Beta and 5 others", "Ann Alpha|Bo Beta"),
        ("Ann Alpha and 12 more", "Ann Alpha"),
        ("Ann Alpha, Bo Beta, +3 authors", "Ann Alpha|Bo Beta"),
        ("Ann Alpha, Bo Beta (+3 more)", "Ann Alpha|Bo Beta"),
        ("Ann Alpha | Bo Beta", "Ann Alpha|Bo Beta"),
        ("Alpha, Ann | Beta, Bo", "Alpha, Ann|Beta, Bo"),
        ("Ann Alpha · Bo Beta · 乔治·史密斯", "Ann Alpha|Bo Beta|乔治·史密斯"),
        ("Ann Alpha / Bo Beta", "Ann Alpha|Bo Beta"),
        ("Ann Alpha\nBo Beta\n李四", "Ann Alpha|Bo Beta|李四"),
        ("Ann Alpha, Bo\n  Beta", "Ann Alpha|Bo Beta"),
        ("Alpha, A., Beta, B. and Gamma, C.", "Alpha, A.|Beta, B.|Gamma, C."),
    ],
)
def test_authors(written: str, names: str) -> None:
    assert split_authors(written) == tuple(names.split("|"))


def test_the_ids_in_a_text_are_found_whatever_stands_around_them() -> None:
    text = "As in [2503.09516v2], arxiv.org/abs/cs.IR/0112017 and 2503.09516; 9999.99999, 12.3456 and x/1234 are none."
    assert ids_in(text) == ["2503.09516", "cs/0112017"]
