"""What else comes from outside: backups, papers' own words, files that are given, servers' replies."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import BackupError, PaperchatError
from rag.types import Paper, Rejected
from tests.fuzz.target import PARTED, Target, folder, texts, words

if TYPE_CHECKING:
    from rag.models.llm.client import GuardedLLM
    from rag.models.remote import ServerEmbedding


# --- backups ----------------------------------------------------------------------------------------------------------


def archive(data: bytes) -> None:
    """A backup that somebody gives: put back whole, or refused with nothing left; never beside the library."""
    from rag.backup.restore import restore

    place = folder() / "restored"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    file = place / "a.tar"
    file.write_bytes(packed(data))
    try:
        done = restore(file, place / "library")
    except BackupError:
        left = [one.name for one in (place / "library").glob("*") if one.name != "write.lock"]
        assert not left, f"a refused backup leaves {left}"
    else:
        held = {str(one.relative_to(place / "library")) for one in (place / "library").rglob("*") if one.is_file()}
        assert held - {"write.lock"} == {one.name for one in done.manifest.files}, "other files than the manifest names"
    assert {one.name for one in place.iterdir()} <= {"a.tar", "library"}, "a file beside the library"


def packed(data: bytes) -> bytes:
    """An archive as it is, or one made of a manifest and of members, names before contents, whose hashes are right."""
    manifest, *members = data.split(PARTED)
    if not members:
        return data
    target = io.BytesIO()
    parts = [tuple(one.partition(b"\n")[::2]) for one in members]
    parts = [(name, _small_shelf() if content == b"SHELF" else content) for name, content in parts]
    for n, (_, content) in enumerate(parts):
        manifest = manifest.replace(b"SIZE%d" % n, b"%d" % len(content))
        manifest = manifest.replace(b"HASH%d" % n, hashlib.sha256(content).hexdigest().encode())
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, content in ((b"manifest.json", manifest), *parts):
            entry = tarfile.TarInfo(name.partition(b"\t")[0].decode("utf-8", "surrogateescape"))
            entry.size, entry.type = len(content), name.partition(b"\t")[2][:1] or tarfile.REGTYPE
            entry.linkname = "../beside" if entry.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            made.addfile(entry, io.BytesIO(content))
    return target.getvalue()


@cache
def _small_shelf() -> bytes:
    """A database as small as SQLite makes one."""
    path = folder() / "small.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA page_size = 512; CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;")
    return path.read_bytes()


# --- a paper's own words ----------------------------------------------------------------------------------------------


def paper(data: bytes) -> None:
    """All that is made of a paper's texts when it comes in, and all that they are written into."""
    from rag.cards.abstract import card
    from rag.index.chunks import Chunker
    from rag.models.minilm import installed
    from rag.models.sentence_roles import load_roles
    from rag.screen import screened

    for one in _read(data):
        for flag in screened([one])[one.paper_id, one.version]:
            assert 0 <= flag.start < flag.end <= len(one.text), "a flag outside the text"
        made = card(one, load_roles())
        for span in (*made.data, *made.code):
            assert one.text[span.start : span.end] == span.text != "", "a card's span that is not the text's"
        chunks = Chunker(installed().info()).split(one)
        covered = "".join(chunk.text for chunk in chunks if one.abstract.strip())
        assert "".join(covered.split()) == "".join(one.abstract.split()), "chunks lose text"
        _written(one)


def _read(data: bytes) -> list[Paper]:
    """The paper whose title, abstract, authors (a line each), comment and categories the pieces are."""
    from rag.sources import read_source

    texts = [piece.decode("utf-8", "replace") for piece in data.split(PARTED)]
    title, abstract, names, comment, categories = (texts + [""] * 5)[:5]
    row = {"arxiv_id": "2504.00001", "title": title, "abstract": abstract, "authors": names.split("\n")}
    row |= {"date": "2025-04-10", "comment": comment, "categories": categories.split()}
    path = folder() / "one.jsonl"
    path.write_text(json.dumps(row) + "\n")
    return [row for row in read_source(path) if isinstance(row, Paper)]


def _written(one: Paper) -> None:
    """Its bibliographies hold one entry, of this paper; its tables and what a terminal shows can be written."""
    from rag.papers.bibliography.references import FORMATS, written
    from rag.sources import read_source
    from rag.text.controls import for_terminal
    from ui.edition.tables import comma_separated, daily_table

    for form in FORMATS:
        path = folder() / f"one{FORMATS[form].suffix}"
        path.write_text(written([one], form), encoding="utf-8")
        if form == "md" or not one.title.strip():
            continue
        rows = list(read_source(path))
        assert [row.paper_id for row in rows if isinstance(row, Paper)] == [one.paper_id], f"{form} is another paper"
        assert not any(isinstance(row, Rejected) for row in rows), f"{form} holds what is no paper"
    daily_table(one.date, [one])
    comma_separated([])
    assert "\x1b" not in for_terminal(one.text), "an escape reaches the terminal"


# --- files and servers ------------------------------------------------------------------------------------------------


def files(data: bytes) -> None:
    """Files beside the library and those that commands are given: read, or refused, or as if they were not there."""
    import typer

    from eval.datasets import read_beir, read_questions
    from eval.datasets.reading import read_lists
    from eval.judge.config import load_judge
    from eval.runs.record import load_run
    from rag.answer.abstention.calibration import load_calibration
    from rag.config.sections import UIConfig
    from rag.prompts import load_prompt
    from rag.sources.arxiv.pace import Pace
    from rag.sources.arxiv.positions import NotFound, Positions
    from rag.themes.map_file import read as read_map
    from ui.cli.answers.replay import read_receipt
    from ui.web.door.users import read_users

    place = folder() / "given"
    for inner in ("qrels", "arxiv"):
        (place / inner).mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        (place / name).write_bytes(data)
    readers = (
        lambda: read_questions(place / "queries.jsonl"),
        lambda: read_beir(place, "test"),
        lambda: read_lists(place / "queries.jsonl"),
        lambda: load_judge(place / "answer.yaml"),
        lambda: load_run(place),
        lambda: load_calibration(place),
        lambda: load_prompt("answer", place),
        lambda: read_users(UIConfig(auth_file=place / "users")),
        lambda: read_receipt(place / "run.json"),
        lambda: read_map(place / "users"),
        lambda: Positions(place).load("key"),
        lambda: NotFound(place),
        lambda: Pace(place, 3.0, 0.0)._wait(),
    )
    for read in readers:
        with suppress(PaperchatError, typer.BadParameter):
            read()


_FILES = (
    *("queries.jsonl", "corpus.jsonl", "qrels/test.tsv", "run.json", "results.jsonl", "scores.jsonl", "metrics.json"),
    *("abstention.json", "answer.yaml", "users", "arxiv/key.json", "arxiv/not-found.json", "arxiv.pace"),
)


@cache
def _embedder() -> ServerEmbedding:
    from rag.config.sections import EmbeddingConfig
    from rag.models.remote import ServerEmbedding

    server = {"provider": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    return ServerEmbedding.from_config(EmbeddingConfig.model_validate(server))


_SENT: list[tuple[int, bytes]] = []


@cache
def _model() -> GuardedLLM:
    """A model whose server sends what was put into `_SENT`."""
    import httpx

    from rag.config import LLMConfig
    from rag.models import endpoint
    from rag.models.llm.build import build

    def answer(_: httpx.Request) -> httpx.Response:
        status, body = _SENT[-1]
        kind = "application/json" if body.lstrip()[:1] in (b"{", b"[") else "text/event-stream"
        return httpx.Response(status, headers={"content-type": kind}, content=body)

    server = {"provider": "openai-compatible", "base_url": "http://127.0.0.1:9/v1", "model": "m", "max_retries": 0}
    http_client = endpoint.http_client
    endpoint.http_client = lambda *_: httpx.AsyncClient(transport=httpx.MockTransport(answer))
    try:
        return build(LLMConfig.model_validate(server | {"api_key_env": "NO_SUCH_KEY"}), None)
    finally:
        endpoint.http_client = http_client


def served(data: bytes) -> None:
    """A model's server behind the client that writes answers, streamed and whole: texts, or an error of ours."""
    from llama_index.core.base.llms.types import ChatMessage

    first, mark, body = data.partition(PARTED)
    status = int(first) if mark and first.isdigit() and 200 <= int(first[:4]) < 600 else 200
    _SENT[:] = [(status, body if mark else data)]
    with suppress(PaperchatError):
        for part in _model().stream_chat([ChatMessage("What?")]):
            (part.delta or "").encode()
    with suppress(PaperchatError):
        (_model().chat([ChatMessage("What?")]).message.content or "").encode()


def servers(data: bytes) -> None:
    """What servers of vectors, judges and arXiv say beside what it is asked for: used, or an error of ours."""
    import httpx
    from pydantic import BaseModel

    from eval.judge.replies import Unusable, parse_labels, parse_list
    from rag.models.endpoint import retry_after
    from rag.models.llm.structured import read
    from rag.sources.arxiv.connection import _retry_after, _within_host
    from rag.sources.proxy import usable

    class Shape(BaseModel):
        queries: list[str]

    text = data.decode("utf-8", "replace")
    with suppress(PaperchatError):
        _embedder()._vectors(data, 2)
    with suppress(PaperchatError):
        read(text, Shape)
    for parse in (parse_list, lambda reply: parse_labels(reply, ("support",), 1)):
        with suppress(Unusable):
            parse(text)
    with suppress(PaperchatError):
        assert _within_host("https://export.arxiv.org/api/query", text).startswith("https://export.arxiv.org")
    with suppress(PaperchatError):
        usable(text.partition("\n")[0])
    with suppress(UnicodeError, ValueError):
        reply = httpx.Response(503, headers={"retry-after": text})
        for seconds in (_retry_after(reply), retry_after(reply)):
            assert seconds is None or seconds >= 0, "a wait backwards"


# --- seeds ------------------------------------------------------------------------------------------------------------


def _archives() -> Iterator[bytes]:
    """A backup as it is, and as its parts are."""
    manifest = {"paperchat": "0.1.0", "schema_version": 1, "made": "2026-01-01", "papers": 0, "indexed": False}
    whole = json.dumps(manifest)[:-1] + ', "files": [{"name": "shelf.sqlite", "size": SIZE0, "sha256": "HASH0"}]}'
    more = whole.replace("]", ', {"name": "map.npz", "size": SIZE1, "sha256": "HASH1"}]')
    yield packed(f"{whole}\x1eshelf.sqlite\nSHELF".encode())
    yield f"{whole}\x1eshelf.sqlite\nSHELF".encode()
    yield f"{more}\x1eshelf.sqlite\nSHELF\x1emap.npz\nx".encode()


def _papers() -> Iterator[bytes]:
    """Title, abstract, authors, comment and categories."""
    for path in sorted((Path(__file__).parents[1] / "support/lists").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[:4]:
            with suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                yield "\x1e".join((row["title"], row["abstract"], "\n".join(row["authors"]))).encode()
    yield (
        b"\\textbf{Net}: $O(n^2)$ &amp; more\x1eWe study {R}anking. On MS MARCO, Net gains 3\\% (p < 0.05). "
        b"Code: https://github.com/a/b_c.\x1eErd\\H{o}s, Jr.\nvan der Berg, Jan\x1e12 pages\x1ecs.IR a,b"
    )


_GIVEN = (
    '{"id": "1", "question": "What?", "type": "single", "nuggets": [{"text": "a", "paper": "2504.00001"}]}\n',
    '{"_id": "1", "text": "a"}\n1\t2\t1\n',
    "model: m\nprompts: a\ntimeout_s: 3\n",
    "messages:\n- role: system\n  content: ${question}\nvariables: [question]",
    '{"finished": "2026-01-01T00:00:00+00:00", "position": {"newest": "2026-01-01", "read": 3, "at": "2026-01-01"}}',
    '{"receipt": {}, "question": "a", "scores": {}, "a": "2026-01-01", "name": "x", "papers": []}',
    "[1767225600.0, 1767225603.0]",
    f"ann:$scrypt$ln=14,r=8,p=1$c2FsdHNhbHQ${'A' * 43}",
)
_SERVED_BY_MODELS = (
    'data: {"id": "1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "It ranks [1]."}}]}\n\n'
    'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
    'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}\n\ndata: [DONE]\n\n',
    '{"choices": [{"message": {"role": "assistant", "content": [{"type": "text", "text": "It"}]}, "finish_reason": '
    '"stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}',
    '400\x1e{"error": {"message": "max_tokens is no parameter", "code": "x", "param": "max_tokens"}}',
    '429\x1e{"error": {"message": "Slow down", "type": "y"}}',
    'data: {"choices": [{"delta": {"reasoning_content": "Hm", "tool_calls": [{"function": {"name": "f"}}]}}]}\n\n',
)
_SERVED = (
    '{"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [3, 4]}]}',
    '```json\n{"queries": ["a", "b"]}\n```',
    "['support', \"x\"]",
    "Wed, 21 Oct 2026 07:28:00 GMT",
    "//export.arxiv.org:443/api?x",
    "120",
)
_NESTED = (b"[" * 3000, b'{"a":' * 2000, b"{a: " * 500)
_OF_ARCHIVES = "\x1e \t2 \t5 SHELF SIZE0 HASH0 ../ /etc/x kept.sqlite pdfs/a.pdf ustar"
_OF_PAPERS = "\\ { } $ & % # [ ] \\textbf{ \\begin{ &#x0; <b> https:// . \u2028 @misc{ | 3% \x1e"
_OF_FILES = "1e999 NaN 2025-13-01 \\ud800 \t null $ : - { } ["
_OF_MODELS = (
    'data: }} [] "content": "delta": "choices": 5 null "x" "finish_reason": "usage": 1e999 \\ud800 "error": 503\x1e'
)
_OF_SERVERS = '{ [ ] "index": 1e999 NaN - : // @ 99999999 +2359 ```'


TARGETS = (
    Target("archive", archive, _archives, words(_OF_ARCHIVES)),
    Target("paper", paper, _papers, words(_OF_PAPERS)),
    Target("files", files, texts(*_GIVEN), (*words(_OF_FILES), *_NESTED)),
    Target("served", served, texts(*_SERVED_BY_MODELS), (*words(_OF_MODELS), *_NESTED)),
    Target("servers", servers, texts(*_SERVED), (*words(_OF_SERVERS), *_NESTED)),
)
"""Of all these."""
