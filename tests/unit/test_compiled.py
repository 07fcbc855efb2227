"""The models that OpenVINO made, kept between processes: the same vectors, whatever becomes of the files."""

from __future__ import annotations

import gc
import os
import re
import sys
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from rag.config import EmbeddingConfig
from rag.errors import ModelFileError
from rag.models import build_embedding, compiled, load_ahead, minilm, runtime
from rag.models.minilm import MiniLM

TEXTS = ["", "one", "word " * 400, *("retrieval " * n for n in range(3, 120, 13))]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "paperchat" / "models"


@pytest.fixture
def none_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "_LOADED", {})


def test_a_kept_model_gives_the_vectors_of_a_fresh_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "read", lambda file: None)  # it runs as it was made
        fresh = MiniLM.load(threads=1).get_text_embedding_batch(TEXTS)
    (kept,) = folder.iterdir()
    written = kept.stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "keep", None)  # nothing is made anew
        assert MiniLM.load(threads=1).get_text_embedding_batch(TEXTS) == fresh
    assert kept.stat().st_mtime_ns == written


class Falsy:
    """What is read from a file may be of any truth: it is OpenVINO's."""

    def __len__(self) -> int:
        return 0


def test_what_was_read_from_its_file_is_taken_whatever_its_truth(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Falsy()
    found = iter([None, read])  # it is made, and then read
    monkeypatch.setattr(runtime, "_from_file", lambda *_: next(found))
    assert runtime.compile_model(minilm.installed_model().read_bytes(), threads=1) is read


def in_memory(file: Path) -> float:
    """MiB of a mapped file that count as this process's."""
    maps = Path("/proc/self/smaps").read_text().split(str(file))[1:]
    return sum(int(re.findall(r"Rss: +(\d+) kB", one)[0]) for one in maps) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_kept_model_runs_from_its_file(folder: Path) -> None:
    maps = Path("/proc/self/maps")
    first = MiniLM.load(threads=1)
    (kept,) = folder.iterdir()
    assert str(kept) in maps.read_text(), "the process that made it runs from the file, too"
    del first
    gc.collect()
    assert str(kept) not in maps.read_text()
    model = MiniLM.load(threads=1)
    assert str(kept) in maps.read_text()
    vector = model.get_text_embedding("one")
    (weights,) = (held for held in runtime._weights.values() if str(held.filename) == str(kept))
    before = in_memory(kept)
    compiled.let_go(weights)
    assert before - in_memory(kept) > 10
    assert model.get_text_embedding("one") == vector
    del model, weights
    gc.collect()
    assert str(kept) not in maps.read_text()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content[:-3_000_000] + bytes(1000) + content[-2_999_000:],
    ],
    ids=["cut off", "empty", "bytes changed"],
)
def test_a_damaged_file_is_made_anew(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    fresh = MiniLM.load(threads=1).get_text_embedding_batch(TEXTS[:3])
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert MiniLM.load(threads=1).get_text_embedding_batch(TEXTS[:3]) == fresh
    assert compiled.read(kept) is not None


def test_what_openvino_refuses_is_made_anew(folder: Path) -> None:
    fresh = MiniLM.load(threads=1).get_text_embedding("one")
    (kept,) = folder.iterdir()
    compiled.keep(kept, lambda: BytesIO(b"no model, though whole"))
    assert MiniLM.load(threads=1).get_text_embedding("one") == fresh
    assert kept.stat().st_size > 1_000_000


def test_where_nothing_can_be_written_nothing_is_kept(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way")
    assert len(MiniLM.load(threads=1).get_text_embedding("one")) == 384
    assert folder.read_text() == "in the way"


def test_a_file_is_for_one_model_and_one_way_to_make_it(folder: Path) -> None:
    files = {
        compiled.file_for(content, made_with)
        for content in (b"one", b"two")
        for made_with in (["2026.4", "AMD"], ["2026.5", "AMD"], ["2026.4", "Intel"])
    }
    assert len(files) == 6
    assert {file.parent for file in files} == {folder}


def test_older_files_of_a_model_and_abandoned_ones_go(folder: Path) -> None:
    folder.mkdir(parents=True)
    abandoned, written_now = folder / "new-abandoned", folder / "new-now"
    other = compiled.file_for(b"another model", [0])
    for file in (abandoned, written_now, other):
        file.write_bytes(b"x")
    os.utime(abandoned, (0, 0))
    os.utime(other, (0, 0))
    files = [compiled.file_for(b"model", [version]) for version in range(compiled.KEPT + 2)]
    for age, file in enumerate(files):
        compiled.keep(file, lambda: BytesIO(b"content"))
        os.utime(file, (1000 + age, 1000 + age))
    assert set(folder.iterdir()) == {written_now, other, *files[-compiled.KEPT :]}
    read = compiled.read(files[-1])
    assert read is not None
    assert bytes(read) == b"content"


@pytest.mark.usefixtures("none_loaded")
def test_a_model_is_loaded_once_a_process(folder: Path) -> None:
    load_ahead(EmbeddingConfig(threads=1))
    for thread in threading.enumerate():
        if thread.name == "load-ahead":
            thread.join()
    (loaded,) = minilm._LOADED.values()
    assert build_embedding(EmbeddingConfig(threads=1)) is loaded
    assert build_embedding(EmbeddingConfig(threads=1)) is build_embedding(EmbeddingConfig(threads=1))
    assert build_embedding(EmbeddingConfig(threads=1)) is not build_embedding(EmbeddingConfig(threads=2))


@pytest.mark.usefixtures("none_loaded")
def test_what_fails_ahead_is_said_to_whoever_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "MODEL_PACKAGE", "no_such_package")
    load_ahead(EmbeddingConfig())
    with pytest.raises(ModelFileError, match="not installed"):
        build_embedding(EmbeddingConfig())


@pytest.mark.usefixtures("none_loaded")
def test_nothing_is_loaded_ahead_for_a_server() -> None:
    load_ahead(EmbeddingConfig(provider="openai-compatible", model="m", base_url="http://127.0.0.1:9/v1"))
    assert minilm._LOADED == {}
