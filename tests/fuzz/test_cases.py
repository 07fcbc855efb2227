"""What was found once stays mended, and a minute's worth of new inputs, made from those that people write."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import accounts
from tests.fuzz.target import MOST_BYTES, Target, checked
from tests.fuzz.targets import TARGETS

CASES = Path(__file__).parent / "cases"
SECONDS = 3.0
"""Of processor time, for each target."""
MOST_INPUTS = 400
"""Of a target, where it is quick."""


def found(name: str) -> list[Path]:
    """Inputs that broke a target once."""
    return sorted(path for path in (CASES / name).glob("*") if path.is_file())


@pytest.mark.parametrize(("name", "path"), [pytest.param(n, p, id=f"{n}-{p.name}") for n in TARGETS for p in found(n)])
def test_what_was_found_stays_mended(name: str, path: Path) -> None:
    checked(TARGETS[name], path.read_bytes())


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_strange_inputs_break_no_contract(target: Target) -> None:
    """The same inputs on every run, as many as there is time for."""
    begun = time.process_time()
    tried = 0
    for data in strange(target):
        tried += 1
        try:
            checked(target, data)
        except Exception as error:
            error.add_note(f"to keep it: put these bytes into tests/fuzz/cases/{target.name}: {data!r}")
            raise
        if time.process_time() - begun > SECONDS:
            break
    assert tried > 1, "no input was tried but the first"


def strange(target: Target) -> Iterator[bytes]:
    """Inputs as people write them, with pieces taken out, doubled, exchanged and put in."""
    chance = random.Random(target.name)
    seeds = [seed[:MOST_BYTES] for seed in target.seeds()]
    seeds += [path.read_bytes() for path in found(target.name)]
    yield from seeds
    yield b""
    for _ in range(MOST_INPUTS):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            start = chance.randint(0, len(data))
            end = min(len(data), start + chance.choice((0, 0, 1, 2, 8, 40)))
            other = chance.choice(seeds)
            at = chance.randint(0, len(other))
            piece = chance.choice(
                (
                    chance.choice(target.words),
                    bytes(data[start:end]) * 3,
                    b"",
                    other[at : at + chance.choice((4, 30, 200))],
                    chance.randbytes(2),
                    chance.choice(("\u2028", "\ufeff", "\x00", "\u202e", "\ud7ff", "ﬁ", "𝔘")).encode(),
                )
            )
            data[start:end] = piece
        yield bytes(data[: chance.randint(0, len(data))] if chance.random() < 0.1 else data)[:MOST_BYTES]


def test_a_slow_or_wrong_reader_is_seen() -> None:
    def wrong(data: bytes) -> object:
        raise KeyError("another tree's error") if b"x" in data else ValueError

    def lazy(_: bytes) -> object:
        begun = time.process_time()
        while time.process_time() - begun < 0.2:
            pass
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.fuzz.target.MOST_SECONDS", 0.1)
        with pytest.raises(AssertionError, match="bytes"):
            checked(Target("lazy", lazy, lambda: iter(()), ()), b"")
    with pytest.raises(KeyError):
        checked(Target("wrong", wrong, lambda: iter(()), ()), b"x")


@pytest.mark.parametrize("document", ["list", "dictionary"])
def test_a_lost_entry_of_a_document_over_several_lines_is_seen(document: str, tmp_path: Path) -> None:
    from rag.sources import open_source

    papers: list[dict[str, object]] = [
        {"title": f"Net {n}", "abstract": "We rank.", "arxiv_id": f"2504.0000{n}"} for n in range(1, 8)
    ]
    if document == "list":
        papers += [{"authors": ["Ada Ling"]}]  # none, which is said
    written = json.dumps(papers if document == "list" else {"papers": papers}, indent=1)
    (tmp_path / "a.jsonl").write_text(written)
    rows = list(open_source(tmp_path / "a.jsonl").rows)
    accounts.json_lines(written.encode(), rows)
    for left in (rows[:-1], rows[:1]):
        with pytest.raises(AssertionError, match="lost"):
            accounts.json_lines(written.encode(), left)
