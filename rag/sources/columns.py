"""What the columns, keys and labels of other people's lists mean, in the words that they use for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

Field = Literal[
    "title", "link", "id", "abstract", "authors", "date", "published", "categories", "comment", "doi", "licence",
    "summary", "code",
]  # fmt: skip
"""What a column holds. `summary` is what somebody else says about the paper, `published` the paper's own day."""

NAMES: dict[Field, str] = {
    "title": (
        "title, paper title, paper name, paper, papers, article, 标题, 题目, 论文, 论文标题, 论文题目, 文章, "
        "标题和链接, titre, titel, título"
    ),
    "id": (
        "arxiv id, arxiv_id, arxivid, paper id, paper_id, id, entry id, entry_id, identifier, eprint, 编号, 论文编号"
    ),
    "link": (
        "link, links, url, urls, pdf, abs, html, arxiv, arxiv link, arxiv url, paper link, paper url, "
        "pdf link, pdf url, abs url, abs link, abstract link, abstract url, pdf_url, abs_url, arxiv_url, "
        "href, source, 链接, 论文链接, 地址, 原文, lien"
    ),
    "abstract": (
        "abstract, abstracts, summary, desc, description, abstract en, original abstract, 摘要, 英文摘要, "
        "原文摘要, 简介, résumé, resumen"
    ),
    "authors": (
        "author, authors, author names, author list, first author, creator, creators, 作者, 第一作者, "
        "作者列表, auteur, auteurs, autor, autores"
    ),
    "date": "date, day, listed, report date, 日期, 收录日期",
    "published": (
        "published, publish date, publication date, published date, pub date, published at, submitted, "
        "submission date, submit date, submitted date, updated, update date, update time, updated date, "
        "update, created, time, year, 发布日期, 发表日期, 提交日期, 更新时间, 时间"
    ),
    "categories": (
        "category, categories, primary category, primary_category, subject, subjects, field, fields, class, "
        "classes, 分类, 类别"
    ),
    "comment": "comment, comments, note, notes, remark, remarks, venue, 备注, 评论",
    "doi": "doi",
    "licence": "licence, license, 许可",
    "summary": (
        "tldr, tl dr, ai summary, ai_summary, summary zh, chinese summary, chinese abstract, abstract zh, "
        "abstract cn, translated abstract, key points, highlights, 中文摘要, 摘要翻译, 摘要中文, 总结, "
        "一句话总结, 要点"
    ),
    "code": "code, codes, github, repo, repository, code link, code url, project, project page, 代码, 代码链接",
}
"""Each field's names, as people write them in headers and labels; case, emoji and marks between words don't count."""

_BETWEEN = re.compile(r"[\W_]+")
_HAN = r"[\u3400-\u9fff]"
_PARTS = re.compile(rf"\s*[/|()（）\[\]【】·:：\n]\s*|(?<=[a-z])\s*(?={_HAN})|(?<={_HAN})\s*(?=[A-Za-z])")
_TAGS = re.compile(r"<[^<>]*>")


def _folded(name: str) -> str:
    return _BETWEEN.sub("", name.casefold())


_FIELDS = {_folded(name): (field, n) for field, names in NAMES.items() for n, name in enumerate(names.split(","))}


@lru_cache(4096)
def meaning_of(name: str) -> tuple[Field, int] | None:
    """The field that a column's header, a key or a label names, and how usual that name is for it, 0 the most.

    A header in two languages or with something in brackets counts by the first of its parts that is known:
    ``标题 Title``, ``Title (EN)``, ``📄 **Paper**``.
    """
    name = _TAGS.sub(" ", name)
    if whole := _FIELDS.get(_folded(name)):
        return whole
    parts = _PARTS.split(name)
    return next((_FIELDS[key] for part in parts if (key := _folded(part)) in _FIELDS), None) if len(parts) > 1 else None


def field_of(name: str) -> Field | None:
    """The field that a name means; None where it is none that is known."""
    found = meaning_of(name)
    return found[0] if found else None


def reads_as_table(names: Sequence[str]) -> bool:
    """Whether a table with these headers is a list of papers: it has titles, and something beside them."""
    fields = [field for name in names if (field := field_of(name))]
    return "title" in fields and len(fields) > 1
