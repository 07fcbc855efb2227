"""Vectors of the tokens of passages, kept in the library's folder for the next question about the same papers.

A cache and no second truth: a file's name tells what it holds for, the model and the text, and it begins with the
checksum of what follows, so that nothing old and nothing damaged is ever used; whoever deletes it loses time only. Any
number of processes share it: a file is put in place whole and never changed. They are read at each use instead of being
held in memory, since reading one takes a hundredth of an inference, and the system keeps in memory what is read often.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
import threading
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.index.library import Library
from rag.index.query_vector import read_tokens, reads_tokens
from rag.models import TokenVectors
from rag.models.cache import Recent

FOLDER = "tokens"
MOST, AHEAD = 2250, 1500
"""Texts kept on disk, some 130 kB each: those that were used longest ago go. So many are read before anybody asks; what
was read for questions has room beside them."""
SLACK = 50
"""Texts that a process writes before it looks again how many there are."""
KEPT = 48
"""Texts kept in memory, too: an answer looks at the same ones several times."""
_HEAD = struct.Struct("<II")
"""Checksum of the vectors that follow, begun with how many numbers each has, and that number."""
_NEW = "new-"
"""What begins the name of a file that is being written."""
_ABANDONED_S = 3600
"""Seconds after which nobody can be writing a file any more."""

_Half = NDArray[np.float16]


class PassageTokens:
    """Token vectors of texts of a library; safe to share between threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._recent: Recent[str, TokenVectors] = Recent(KEPT)
        self._unseen = 0
        self._guard = threading.Lock()

    def of(self, texts: Sequence[str]) -> list[TokenVectors] | None:
        """Token vectors of texts, without where the tokens stand; None where the embedder gives none.

        They come in half precision the first time too, so that an answer never depends on the past.
        """
        if read_tokens(self._library, ()) is None:
            return None
        known = self._recent.known(texts)
        files = {text: self._file(text) for text in dict.fromkeys(texts) if text not in known}
        read = {text: read_vectors(file) for text, file in files.items()}
        missing = [text for text, vectors in read.items() if vectors is None]
        fresh = read_tokens(self._library, missing) or []
        made = {text: one.vectors.astype(np.float16) for text, one in zip(missing, fresh, strict=True)}
        self._write({files[text]: vectors for text, vectors in made.items()})
        known |= {text: TokenVectors((), vectors) for text, vectors in (read | made).items() if vectors is not None}
        self._recent.keep(known)
        return [known[text] for text in texts]

    def hold(self, texts: Sequence[str]) -> bool:
        """Whether vectors of all of some texts lie on disk; they count as used just now."""
        files = [self._file(text) for text in texts]
        held = all(file.exists() for file in files)
        for file in files if held else ():
            with suppress(OSError):  # a disk that cannot be written to, or another process has deleted it
                os.utime(file)
        return held

    def _file(self, text: str) -> Path:
        of = f"{reads_tokens(self._library)}\0{text}".encode(errors="surrogatepass")
        return self._library.folder / FOLDER / hashlib.blake2b(of, digest_size=16).hexdigest()

    def _write(self, made: dict[Path, _Half]) -> None:
        """Keep vectors; where the disk refuses, they are made again the next time."""
        if not made:
            return
        with suppress(OSError):
            folder = self._library.folder / FOLDER
            folder.mkdir(exist_ok=True)
            for file, vectors in made.items():
                write_vectors(file, vectors)
            with self._guard:
                is_due = self._unseen <= 0
                self._unseen = SLACK if is_due else self._unseen - len(made)
            if is_due:
                forget_oldest(folder)


def read_vectors(file: Path) -> _Half | None:
    """What is kept in a file, noted as used just now; None where nothing is, or not what was written."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    if len(content) < _HEAD.size:
        return None
    checksum, width = _HEAD.unpack_from(content)
    vectors = memoryview(content)[_HEAD.size :]
    if not width or len(vectors) % (2 * width) or zlib.crc32(vectors, width) != checksum:
        return None
    with suppress(OSError):  # a disk that cannot be written to
        os.utime(file)
    return np.frombuffer(vectors, "<f2").reshape(-1, width)


def write_vectors(file: Path, vectors: _Half) -> None:
    """Keep vectors [tokens, d] in a file that is there whole or not at all."""
    content = np.ascontiguousarray(vectors, dtype="<f2").tobytes()
    new = file.with_name(f"{_NEW}{secrets.token_hex(8)}")  # `tempfile` would keep it from another account that reads
    try:
        with new.open("xb") as out:
            out.write(_HEAD.pack(zlib.crc32(content, vectors.shape[1]), vectors.shape[1]))
            out.write(content)
        os.replace(new, file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def forget_oldest(folder: Path) -> None:
    """Delete all but the files that were used last, and what killed processes left."""
    found: list[tuple[float, Path]] = []
    for file in folder.iterdir():
        with suppress(FileNotFoundError):  # another process deletes, too
            found.append((file.stat().st_mtime, file))
    whole = sorted((one for one in found if not one[1].name.startswith(_NEW)), reverse=True)
    abandoned = [one for one in found if one[1].name.startswith(_NEW) and one[0] < time.time() - _ABANDONED_S]
    for _, file in [*whole[MOST:], *abandoned]:
        with suppress(OSError):  # one that another process has open, or another account's
            file.unlink(missing_ok=True)
