"""Commands and the page ask the configuration where a store lies: it may be a server's."""

from __future__ import annotations

import ast
from pathlib import Path

import ui


def joined(source: str) -> list[str]:
    """Paths that are put together with the name of a store's file, under whatever name that was imported."""
    tree = ast.parse(source)
    names = {
        one.asname or one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
        if one.name == "FILE_NAME"
    }

    def is_name(node: ast.expr) -> bool:
        spelt = isinstance(node, ast.Constant) and str(node.value).endswith(".sqlite")
        attribute = isinstance(node, ast.Attribute) and node.attr == "FILE_NAME"
        return spelt or attribute or (isinstance(node, ast.Name) and node.id in names)

    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and is_name(node.right))
        or (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("joinpath") and any(map(is_name, node.args)))
    ]


def test_no_module_takes_a_store_for_a_file_of_the_folder() -> None:
    found = {path.name: joined(path.read_text(encoding="utf-8")) for path in Path(ui.__file__).parent.rglob("*.py")}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_such_paths_are_found() -> None:
    source = "from rag.a import FILE_NAME as SHELF\nx(folder / SHELF, folder / kept.FILE_NAME, at.joinpath(SHELF))"
    assert joined(source) == ["folder / SHELF", "folder / kept.FILE_NAME", "at.joinpath(SHELF)"]
