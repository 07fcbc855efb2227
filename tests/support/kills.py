"""Processes that are killed while they write: `python -m tests.support.kills [KILLS] [SEED] [KIND,…]`.

A child process changes a small library in every way there is, and says before each change what it is about to do and
after it that it is done. It is ended by SIGKILL at a random moment within a change of the kind that was hit least so
far: a note takes a thousandth of an indexing's time, and is hit as often. Then an ordinary command is run, and what is
there is compared with what was said: all that was done must be there, and of the one change that was cut off all or
nothing.
`doctor` must find nothing wrong, and the indexes must hold each passage once.

Children are forked from a process that has imported everything and opened nothing, so that a kill falls into work and
not into an import; vectors are hashes of the text, for the same reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rag.config import Config
from rag.models import EmbeddingInfo
from rag.types import Filters
from tests.support.papers import make_paper

if TYPE_CHECKING:
    from rag.index.library import Library
    from rag.models.minilm import MiniLM

OWNER = "reader"
AT_MOST = 60
"""Papers of the library; from there on more are removed than added."""
LATEST_KILL_S = 1.5
"""Until a change of a kind was seen to its end, it is taken to last that long at most."""
EARLIER = 0.8
"""Share of the time that is drawn from after a kill that came too late."""
CHANGES = ("ingest", "update", "remove", "reindex", "note", "list", "talk", "answer", "forget")


class HashEmbedding:
    """Vectors that are hashes of the texts, at no cost."""

    embed_batch_size = 64
    model_name = "hash"
    dimensions = 32

    def info(self) -> EmbeddingInfo:
        """What it is."""
        return EmbeddingInfo("hash-32", 256, lambda texts: [len(text.split()) + 2 for text in texts])

    def get_text_embedding_batch(self, texts: list[str], **_: Any) -> list[list[float]]:
        """A vector a text."""
        return [self._vector(text) for text in texts]

    def get_text_embedding(self, text: str) -> list[float]:
        """The vector of a text."""
        return self._vector(text)

    get_query_embedding = get_text_embedding

    def unit(self, text: str) -> np.ndarray:
        """The same, of length 1, as it is stored."""
        vector = np.array(self._vector(text), dtype=np.float32)
        return vector / np.linalg.norm(vector)

    @staticmethod
    def _vector(text: str) -> list[float]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return list(map(float, np.random.default_rng(seed).standard_normal(32)))


def hashed(folder: Path) -> Library:
    """The library in a folder, with such vectors."""
    from rag.index.library import Library

    return Library(Config(data_dir=folder), cast("MiniLM", HashEmbedding()))


@dataclass
class State:
    """What a library holds: latest abstracts and versions by paper, notes, one list, conversations with questions."""

    papers: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    talks: dict[str, list[str]] = field(default_factory=dict)

    def after(self, change: dict[str, Any]) -> State:
        """The state after a change."""
        new = deepcopy(self)
        kind, key = change["kind"], change.get("key", "")
        if kind in ("ingest", "update"):
            for paper_id, text in change["papers"].items():
                new.papers.setdefault(paper_id, []).append(text)
        elif kind == "remove":
            for paper_id in change["papers"]:
                del new.papers[paper_id]
        elif kind == "note":
            new.notes[key] = change["text"]
        elif kind == "list":
            new.listed += [one for one in change["papers"] if one not in new.listed]
        elif kind == "talk":
            new.talks[change["text"]] = []
        elif kind == "answer":
            new.talks[key].append(change["text"])
        elif kind == "forget":
            del new.talks[key]
        return new


def drawn(state: State, chance: random.Random, number: int, kinds: Sequence[str] = CHANGES) -> dict[str, Any]:
    """A change that can be made to a state."""
    kind = chance.choice(kinds)
    ids = sorted(state.papers)
    if kind in ("update", "remove", "note", "list") and len(ids) < 3:
        kind = "ingest"
    if kind == "ingest" and len(ids) >= AT_MOST:
        kind = "remove"
    if kind in ("answer", "forget") and not state.talks:
        kind = "talk"
    if kind == "ingest":
        new = [f"2504.{number % 1000:03}{n:02}" for n in range(chance.randint(1, 12))]
        return {"kind": kind, "papers": {one: text_of(number, one) for one in new if one not in state.papers}}
    if kind == "update":
        return {"kind": kind, "papers": {one: text_of(number, one) for one in chance.sample(ids, min(3, len(ids)))}}
    if kind == "remove":
        return {"kind": kind, "papers": chance.sample(ids, min(chance.randint(1, 4), len(ids) - 1))}
    if kind == "note":
        return {"kind": kind, "key": chance.choice(ids), "text": f"note {number} " + "x" * chance.randint(0, 9000)}
    if kind == "list":
        return {"kind": kind, "papers": chance.sample(ids, 2)}
    if kind == "talk":
        return {"kind": kind, "text": f"question {number}"}
    if kind in ("answer", "forget"):
        return {"kind": kind, "key": chance.choice(sorted(state.talks)), "text": f"question {number} again"}
    return {"kind": kind}


def text_of(number: int, paper_id: str) -> str:
    """An abstract like no other."""
    return f"Change {number} of {paper_id} studies zebra{number} and finds {number} stripes. " * 3


def work(
    folder: Path, seed: int, state: State, first: int, kinds: Sequence[str], tell: Callable[[dict[str, Any]], None]
) -> None:
    """Change a library until killed."""
    from rag.index import health, probe
    from rag.papers.readers.conversations import FILE_NAME as TALKS
    from rag.papers.readers.conversations import Conversations
    from rag.papers.readers.kept import FILE_NAME as KEPT
    from rag.papers.readers.kept import Kept

    health._probe = probe.found  # what a process of its own would do: this one is there to be lost
    chance = random.Random(seed)
    with (
        hashed(folder) as library,
        closing(Kept(folder / KEPT)) as kept,
        closing(Conversations(folder / TALKS)) as talks,
    ):
        for number in range(first, first + 10_000):
            change = drawn(state, chance, number, kinds)
            kind, key = change["kind"], change.get("key", "")
            note = kept.note(OWNER, key) if kind == "note" else None
            found = [one.conversation_id for one in talks.find(OWNER, limit=10_000) if one.title == key]
            tell({"begun": change, "at": time.monotonic()})
            if kind in ("ingest", "update"):
                day = (date(2025, 5, 1) + timedelta(days=number)).isoformat()
                papers = change["papers"].items()
                library.ingest([make_paper(one, f"Title of {one}", text, day=day) for one, text in papers])
            elif kind == "remove":
                library.remove(change["papers"])
            elif kind == "reindex":
                library.shelf.mark_pending()
                health.repair(library)
            elif kind == "note":
                kept.write_note(OWNER, key, change["text"], note.revision if note else 0)
            elif kind == "list":
                kept.put(OWNER, "thesis", change["papers"], make=True)
            elif kind == "talk":
                talks.start(OWNER, change["text"])
            elif kind == "answer":
                talks.add(OWNER, found[0], change["text"], Filters(), "Said.", None)
            else:
                talks.delete(OWNER, found[0])
            state = state.after(change)
            tell({"done": number, "at": time.monotonic()})


def look(folder: Path) -> dict[str, Any]:
    """Run an ordinary command, then say what is there and what `doctor` finds."""
    from rag.index import health, probe
    from rag.papers.readers.conversations import FILE_NAME as TALKS
    from rag.papers.readers.conversations import Conversations
    from rag.papers.readers.kept import FILE_NAME as KEPT
    from rag.papers.readers.kept import Kept

    health._probe = probe.found
    with (
        hashed(folder) as library,
        closing(Kept(folder / KEPT)) as kept,
        closing(Conversations(folder / TALKS)) as talks,
    ):
        unfinished = len(library.shelf.pending())
        library.ingest([])
        verdict = health.examine(library)
        shelf = library.shelf
        papers = {
            one.paper_id: [shelf.paper(one.paper_id, version).abstract for version in shelf.versions(one.paper_id)]
            for one in shelf.browse()
        }
        chunks = Counter(row.chunk_id for row in shelf.chunks())
        with library.indexes() if papers else closing(_Nothing()) as indexes:
            vectors, words = sorted(indexes.vectors.ids()), sorted(indexes.lexical.ids())
        notes = {one: note.text for one in kept.noted(OWNER) if (note := kept.note(OWNER, one))}
        names = [one.name for one in kept.lists(OWNER)]
        listed = list(kept.get_list(OWNER, "thesis").papers) if names else []
        kept_talks = talks.find(OWNER, limit=10_000)
        titles = Counter(one.title for one in kept_talks)  # each is begun with a question of its own
        conversations = {
            one.title: [exchange.question for exchange in talks.exchanges(OWNER, one.conversation_id)]
            for one in kept_talks
        }
    return {
        "unfinished": unfinished,
        "doctor": [check.detail for check in verdict.checks if not check.ok],
        "doubled": [one for one, count in [*chunks.items(), *titles.items()] if count > 1],
        "agree": sorted(chunks) == vectors == words,
        "state": {"papers": papers, "notes": notes, "listed": listed, "talks": conversations},
    }


class _Nothing:
    """Indexes of an empty library."""

    def __init__(self) -> None:
        self.vectors = self.lexical = self

    def ids(self) -> dict[str, str]:
        return {}

    def close(self) -> None:
        return None


class Child:
    """A forked process that writes lines of JSON to a pipe."""

    def __init__(self, run: Callable[[Callable[[dict[str, Any]], None]], None]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reading)
            code = 1
            try:
                run(lambda told: void(os.write(writing, f"{json.dumps(told)}\n".encode())))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        os.close(writing)
        self._pipe = reading
        self._text = b""

    def begins(self, kind: str, times: int, timeout: float = 60) -> None:
        """Wait until it has begun so many changes of a kind, or has said nothing for long."""
        begun = f'{{"begun": {{"kind": "{kind}"'.encode()
        while self._text.count(begun) < times:
            ready, _, _ = select.select([self._pipe], [], [], timeout)
            assert ready, "the child says nothing"
            part = os.read(self._pipe, 65536)
            assert part, "the child ended"
            self._text += part

    def kill(self) -> list[dict[str, Any]]:
        """End it, and return what it said; raises where it had ended by itself."""
        os.kill(self.pid, signal.SIGKILL)
        return self.end(-signal.SIGKILL)

    def end(self, expected: int = 0) -> list[dict[str, Any]]:
        """Wait for its end, and return what it said."""
        while part := os.read(self._pipe, 65536):
            self._text += part
        os.close(self._pipe)
        _, status = os.waitpid(self.pid, 0)
        assert os.waitstatus_to_exitcode(status) == expected, f"the child ended with {status}"
        *lines, _ = self._text.split(b"\n")  # the last may be cut
        return [json.loads(line) for line in lines]


def void(_: object) -> None:
    """Nothing."""


@dataclass
class Tally:
    """What came of the kills: faults by kind, into what kinds of change they fell, and what each was aimed at."""

    kills: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    doctor: list[str] = field(default_factory=list)
    within: Counter[str] = field(default_factory=Counter)
    falls: list[tuple[str, str]] = field(default_factory=list)
    applied: int = 0
    unfinished: int = 0
    changes: int = 0

    @property
    def faults(self) -> int:
        """All of them."""
        return len(self.lost) + len(self.doubled) + len(self.half) + len(self.doctor)

    def as_json(self) -> dict[str, Any]:
        """For a record."""
        return {**vars(self), "within": dict(self.within)}


def rehearse(
    folder: Path, kills: int, seed: int = 7, report: Callable[[Tally], None] = void, kinds: Sequence[str] = CHANGES
) -> Tally:
    """Kill so many children that work on a library in a folder, and compare after each."""
    import chromadb  # noqa: F401  # so that no child spends its life on it

    import rag.assistant
    import rag.cards
    import rag.index.health  # noqa: F401

    chance, tally, state = random.Random(seed), Tally(), State()
    lasts = dict.fromkeys(kinds, LATEST_KILL_S)
    while tally.kills < kills:
        first = tally.changes
        aimed = min(kinds, key=lambda kind: (tally.within[kind], chance.random()))
        likely = [*kinds, *[aimed] * len(kinds)]
        child = Child(lambda tell, s=state, n=first, k=likely: work(folder, seed + n, s, n, k, tell))  # type: ignore[misc]
        child.begins(aimed, chance.randint(1, 3))
        _wait(chance.uniform(0, lasts[aimed]))
        told = child.kill()
        tally.kills += 1
        cut: dict[str, Any] | None = None
        since = 0.0
        for line in told:
            if "begun" in line:
                cut, since = line["begun"], line["at"]
                tally.changes += 1
            elif cut:
                lasts[cut["kind"]] = min(line["at"] - since, LATEST_KILL_S)
                state, cut = state.after(cut), None
        if cut is None or cut["kind"] != aimed:
            lasts[aimed] *= EARLIER
        hit = cut["kind"] if cut else "between"
        tally.within[hit] += 1
        tally.falls.append((aimed, hit))
        (seen,) = Child(lambda tell: tell(look(folder))).end()
        state = _compare(tally, seen, state, cut)
        report(tally)
    return tally


def _wait(seconds: float) -> None:
    """Let a time pass that may be shorter than what a sleep takes to wake up."""
    ends = time.monotonic() + seconds
    if seconds > 0.01:
        time.sleep(seconds - 0.005)
    while time.monotonic() < ends:
        pass


def _compare(tally: Tally, seen: dict[str, Any], before: State, cut: dict[str, Any] | None) -> State:
    """Note what is wrong; the state to go on with."""
    found = State(**seen["state"])
    at = f"kill {tally.kills}, within {cut}"[:300]
    tally.unfinished += bool(seen["unfinished"])
    if seen["doctor"] or not seen["agree"]:
        tally.doctor.append(f"{at}: {seen['doctor'] or 'shelf and indexes hold other passages'}")
    if seen["doubled"] or any(len(set(texts)) < len(texts) for texts in found.papers.values()):
        tally.doubled.append(at)
    after = before.after(cut) if cut else before
    tally.applied += cut is not None and found == after and found != before
    if found not in (before, after):
        missing = before.papers.keys() - found.papers.keys() - set((cut or {}).get("papers", ()))
        gone = bool(missing) or before.talks.keys() - found.talks.keys() - {(cut or {}).get("key")}
        (tally.lost if gone or before.notes.keys() - found.notes.keys() else tally.half).append(at)
    return found


def main(arguments: Sequence[str]) -> None:
    """Kill as often as is asked, and print what came of it."""
    kills, seed = (*map(int, arguments[:2]), *(100, 7)[len(arguments[:2]) :])
    begin = time.monotonic()

    def report(tally: Tally) -> None:
        print(f"{tally.kills} kills, {tally.faults} faults, {time.monotonic() - begin:.0f} s", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        kinds = arguments[2].split(",") if len(arguments) > 2 else CHANGES
        tally = rehearse(Path(scratch), kills, seed, report, kinds)
    print(json.dumps(tally.as_json(), indent=1))
    sys.exit(1 if tally.faults else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
