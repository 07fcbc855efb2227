"""A question's words are read in `rag/query/` and nowhere after it: what comes later takes fields of `Question`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

RAG = Path(__file__).resolve().parents[2] / "rag"
AFTER = ("retrieve", "themes", "answer", "write", "topics", "engine.py", "assistant.py")
"""The stages after `query`."""
READS = {"search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split", "rsplit", "partition"} | {
    "rpartition", "splitlines", "startswith", "endswith", "lower", "upper", "casefold", "find", "index", "replace",
    "without", "at", "all", "strip", "rstrip", "lstrip", "removeprefix", "removesuffix",
}  # fmt: skip
"""Methods that take a text apart."""
WORDS = {"question", "standalone", "search_text", "typed", "query_str", "standalone_question"}
"""What a question's text is called."""


def is_words(node: ast.expr) -> bool:
    """Whether an expression is a question's text, by its name."""
    if isinstance(node, ast.Attribute):
        return node.attr in WORDS
    return isinstance(node, ast.Name) and node.id in WORDS


def readings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines that take a question's text apart: a pattern applied to it, or a method of its own that looks into it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
            owner = node.func.value
            if is_words(owner) or (any(map(is_words, node.args)) and not _is_retriever(owner)):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Compare) and _is_membership(node) and any(map(is_words, node.comparators)):
            yield node.lineno, ast.unparse(node)


def _is_membership(node: ast.Compare) -> bool:
    return any(isinstance(op, ast.In | ast.NotIn) for op in node.ops)


def _is_retriever(owner: ast.expr) -> bool:
    """Whether `owner.search(question)` is a search of the library rather than a pattern's."""
    return ast.unparse(owner).rsplit(".", 1)[-1] in {"retriever", "engine", "assistant", "self"}


def modules() -> list[Path]:
    return [path for name in AFTER for path in ([RAG / name] if "." in name else sorted((RAG / name).rglob("*.py")))]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(RAG).as_posix())
def test_a_question_is_not_read_again(path: Path) -> None:
    found = list(readings(ast.parse(path.read_text(encoding="utf-8"))))
    assert found == [], f"{path.relative_to(RAG)} reads a question's words; let rag/query/ read them into a field"


@pytest.mark.parametrize(
    "code",
    ["_NAME.findall(question)", "asked.standalone.split()", "re.search('x', asked.search_text)", "'why' in question"],
)
def test_reading_a_question_is_seen(code: str) -> None:
    assert list(readings(ast.parse(code)))


@pytest.mark.parametrize("code", ["self.retriever.search(question)", "text.split()", "embed(question)"])
def test_passing_a_question_on_is_allowed(code: str) -> None:
    assert not list(readings(ast.parse(code)))
