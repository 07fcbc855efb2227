"""Files that are whole or not there (atomic replacement, appending that survives a kill), and JSON-lines by number."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag.errors import DatasetError


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


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield (line number, object), or (line number, what is wrong); blank lines are skipped.

    Raises:
        DatasetError: the file is missing, unreadable or not what its name says.
    """
    for number, line in numbered_lines(path):
        try:
            row = json.loads(line)
        except UnicodeDecodeError:
            yield number, "not UTF-8 text"
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON: {getattr(error, 'msg', 'nested too deeply')}"
        else:
            yield number, row if isinstance(row, dict) else "not a JSON object"


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (line number, line) of those that hold anything; a byte-order mark is dropped.

    Raises:
        DatasetError: the file is missing, unreadable or not what its name says.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                content = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
                if content:
                    yield number, content
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"{path} cannot be read: {reason}.", "Name a readable file.") from error


def _umask() -> int:
    """The process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
