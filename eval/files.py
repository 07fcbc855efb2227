"""Files that are whole or not there: atomic replacement, and appending that survives a kill."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace a file's content in one step; a reader, or a killed writer, sees the old file or the new one."""
    target = path.resolve()
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document for people and programs: sorted keys, indented."""
    write_atomically(path, json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2) + "\n")


def write_json_lines(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON object a line; keys keep their order."""
    write_atomically(path, "".join(json_line(row) for row in rows))


def append_json_line(path: Path, row: Any) -> None:
    """Append one object and wait until it is on the disk; a kill leaves at most a torn last line."""
    with path.open("ab") as file:
        file.write(json_line(row).encode())
        file.flush()
        os.fsync(file.fileno())


def json_line(row: Any) -> str:
    """An object as one line. Unpaired surrogates are escaped, so that every text can be written."""
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(row)
    return line + "\n"


def _umask() -> int:
    """The process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
