"""What is fed with strange inputs, each as a function of bytes that may only end as its contract says.

A target fails by any exception: an error of another tree than ours, a row that nothing is said of, or more than
`tests.fuzz.target.MOST_SECONDS` of processor time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path

from rag.errors import ConfigError, PaperchatError, SourceError
from rag.types import Row
from tests.fuzz import accounts, outside, page
from tests.fuzz.accounts import Account
from tests.fuzz.target import MOST_BYTES, PARTED, Target, folder, texts

SUPPORT = Path(__file__).resolve().parents[1] / "support"
SAMPLE = Path(__file__).resolve().parents[2] / "rag" / "sample"
QUALITY = Path(__file__).resolve().parents[1] / "quality"
_MOST_SEED = 6_000
_PARTED = PARTED.decode()


def _reader(name: str, account: Account | None = None) -> Callable[[bytes], object]:
    """The reader of a kind of file: papers and rejected rows, or `SourceError`."""
    from rag.sources import open_source

    def run(data: bytes) -> object:
        path = folder() / name
        path.write_bytes(data)
        try:
            reading = open_source(path)
            rows = list(reading.rows)
        except SourceError:
            return None
        for row in rows:
            accounts.sound(row)
        "".join(reading.unread).encode()
        if account:
            account(data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"), rows)
        return rows

    return run


def _markdown(data: bytes) -> object:
    """A list in Markdown; where it is read as tables, no linked row of one is lost."""
    name = "2025-04-10.md"
    rows = _reader(name)(data)
    if isinstance(rows, list):
        from rag.sources import open_source

        if open_source(folder() / name).layout in ("Markdown table", "daily report"):
            accounts.linked(data.decode("utf-8", "replace"), rows)
    return rows


def _json_lines(data: bytes) -> object:
    rows = _reader("a.jsonl")(data)
    if isinstance(rows, list):  # read line by line, a file may hold lines that are no text
        accounts.json_lines(data, rows)
    return rows


def _pdf(data: bytes) -> object:
    """What the process that reads PDFs does; the parent answers for whatever ends it."""
    from rag.sources.pdf.document import Refused, read

    path = folder() / "2504.00001v1.pdf"
    path.write_bytes(data)
    with suppress(Refused):
        return read(path, path.name)
    return None


def _feed(data: bytes) -> object:
    from rag.sources.arxiv.connection import Reply, Unusable
    from rag.sources.arxiv.feed import read_feed

    with suppress(Unusable, PaperchatError):
        feed = read_feed(Reply(data, "application/atom+xml"))
        rows: list[Row] = [*(entry.paper for entry in feed.entries), *feed.rejected]
        for row in rows:
            accounts.sound(row)
    return None


def _config(data: bytes) -> object:
    """A file, and behind the mark variables of the environment."""
    from rag.config import load_config, public_values

    content, _, behind = data.partition(_PARTED.encode())
    path = folder() / "config.yaml"
    path.write_bytes(content)
    lines = (line.partition("=") for line in behind.decode("utf-8", "replace").split("\n"))
    environ = {f"PAPERCHAT__{name}": value for name, _, value in lines if name}
    try:
        loaded = load_config(path, environ=environ)
    except ConfigError as error:
        str(error).encode()
        return None
    public_values(loaded.config.model_dump(mode="json"))
    return loaded.config.digest()


@cache
def _library() -> object:
    from tests.support.reading import ReadingLibrary

    place = folder() / "library"
    place.mkdir()
    return ReadingLibrary(place)


@cache
def _question_reader() -> object:
    from rag.query import Reader

    return Reader(_library())  # type: ignore[arg-type]  # a library, made when it is needed


def _question(data: bytes) -> object:
    """A question, and before it what was said."""
    from rag.query import Reader
    from rag.types import Turn

    *said, question = [part.strip()[:4000] for part in data.decode("utf-8", "replace").split(_PARTED)]
    if not question:
        return None
    history = [Turn(role="assistant" if n % 2 else "user", content=text) for n, text in enumerate(said[-6:])]
    reader = _question_reader()
    assert isinstance(reader, Reader)
    with suppress(PaperchatError):
        found = reader.understand(question, history)
        assert found.search_text.strip(), "nothing is left to search"
        begin, end = found.filters.date_from, found.filters.date_to
        assert begin is None or end is None or begin <= end, "a range that holds no day"
    return None


def _citations(data: bytes) -> object:
    """What a model wrote, over two sources: nothing is lost in cutting it, and what may be shown has true spans."""
    from rag.index.library import Library
    from rag.types import Passage
    from rag.write.grounding import SupportChecker, split_stream
    from rag.write.grounding.markers import without_markers

    library = _library()
    assert isinstance(library, Library)
    text = data.decode("utf-8", "replace")[:2000]
    pieces = list(split_stream(text[n : n + 7] for n in range(0, len(text), 7)))
    assert "".join(pieces) == text, "cutting loses text"
    papers = [library.paper(key) for key in ("2503.09516", "2504.00002")]
    sources = {
        n: Passage(f"c{n}", p.paper_id, 1, p.title, p.authors, p.date, p.url, 0, len(p.text), p.text)
        for n, p in enumerate(papers, 1)
    }
    checker = SupportChecker(library)
    for piece in pieces[:20]:
        without_markers(piece)
        verdict = checker.check(piece, sources)
        assert verdict.ok or verdict.reason, "struck without a reason"
        for span in verdict.spans:
            assert 0 <= span.start < span.end <= len(sources[span.n].text), "a span outside its source"
    return None


def _reply(data: bytes) -> object:
    """What a server sends, and what is left of it: the same in whatever pieces it comes."""
    text = data.decode("utf-8", "replace")[:4000]
    events = _events([f"{text}\n\n"])
    for event in events:
        assert event.startswith(b"data: ")
        assert event.count(b"\n\n") == 1, "one event read as two"
    assert _events([*_sevens(text), "\n\n"]) == events, "events by pieces"
    for name, by_pieces, whole in zip(_STAGES, _stages(text, _sevens), _stages(text, lambda said: [said]), strict=True):
        assert by_pieces == whole, f"{name} by pieces"
    return None


def _sevens(text: str) -> list[str]:
    return [text[n : n + 7] for n in range(0, len(text), 7)]


def _events(pieces: Iterable[str]) -> list[bytes]:
    from rag.models.llm.wire import _Reader

    reader = _Reader()
    return [event for piece in pieces for event in reader.feed(piece)]


_STAGES = ("a reply", "wrapping", "formatting", "markers", "sentences")


def _stages(text: str, cut: Callable[[str], list[str]]) -> Iterator[object]:
    """What each stage between the server and the check leaves of a reply that each is given cut (`_STAGES`)."""
    from rag.models.llm.thoughts import ReplyText
    from rag.write.grounding import split_stream
    from rag.write.grounding.markup import unformatted, unstressed
    from rag.write.grounding.spellings import by_id, in_words, normalised
    from rag.write.grounding.wrapping import unwrapped

    reply = ReplyText()
    left = "".join([*map(reply.feed, cut(text)), reply.finish()])
    yield left
    for stage in (unwrapped, unformatted, lambda said: normalised(said, range(1, 9))):
        left = "".join(stage(cut(left)))
        yield left
    yield [in_words(by_id(unstressed(one), {"2503.09516": 1}), range(1, 9)) for one in split_stream(cut(left))]


def _quotes(data: bytes) -> object:
    """Quotes that a draft claims, eight numbers each: only exact slices of the stored text come through."""
    from rag.answer.citations import check
    from rag.answer.draft import Draft, Quote
    from rag.index.library import Library
    from rag.types import Passage

    library = _library()
    assert isinstance(library, Library)
    quotes = []
    for at in range(0, min(len(data), 400) - 7, 8):
        which, version, begin, length, start, size, shift, other = data[at : at + 8]
        key = ("2503.09516", "2504.00002", "2504.99999")[which % 3]
        paper = library.paper(("2503.09516", "2504.00002")[which % 2])
        text = paper.text[begin : begin + length] if other % 3 else paper.text[begin + 1 : begin + length]
        passage = Passage("c", key, version % 3, "T", (), paper.date, "", begin, begin + length, text)
        quotes.append(Quote(passage, start + shift % 5, start + size))
    checked_quotes = check(Draft((tuple(quotes),)), library)
    for citation in (one for group in checked_quotes.groups for one in group):
        stored = library.paper(citation.paper_id, citation.version).text
        assert stored[citation.start : citation.end] == citation.quote != "", "a quote that the paper does not hold"
    assert sum(map(len, checked_quotes.groups)) + len(checked_quotes.removed) >= len(quotes), "a quote is lost"
    return None


def _request(data: bytes) -> object:
    """What a browser sends: an address, a cookie, the fields of filters, a tab's place, an id."""
    from rag.sources.identifiers import paper_id_and_url
    from ui.web.base.address import Address
    from ui.web.base.place import Place, read_filters
    from ui.web.door.sessions import Sessions
    from ui.web.door.users import Users
    from ui.web.html.rendering import markdown

    path, query, token, text, *_ = [*data.decode("utf-8", "replace").split(_PARTED), "", "", "", ""]
    address = Address.read(path, query)
    assert Sessions(Users({}), b"k" * 32).user(token) is None
    Place.read(dict(address.fields))
    with suppress(PaperchatError):
        read_filters(dict(address.fields))
    paper_id_and_url(text)
    shown = str(markdown(text))
    for found in ("<script", "<img", "<iframe", "<svg", " onerror=", "javascript:"):
        assert found not in _without_text(shown), f"{found} in HTML made of a stranger's text"
    return None


def _without_text(html: str) -> str:
    """The tags of HTML, with what stands between them left out."""
    import re

    return "".join(re.findall(r"<[^>]*>", html)).lower()


def _files(*patterns: str) -> Callable[[], Iterator[bytes]]:
    """The beginnings of files of the tests' support."""

    def read() -> Iterator[bytes]:
        for pattern in patterns:
            for path in sorted(chain(SUPPORT.glob(pattern), SAMPLE.glob(pattern), QUALITY.glob(pattern))):
                data = path.read_bytes()
                yield data if pattern.endswith(".pdf") else data[:_MOST_SEED]

    return read


def _pdfs() -> Iterator[bytes]:
    from tests.support.pdfs import paper_pdf

    yield paper_pdf()
    yield from (data for data in _files("pdfs/*.pdf")() if len(data) <= MOST_BYTES)


def _feeds() -> Iterator[bytes]:
    from tests.support.arxiv_server import announcements, error_feed, feed, versions

    some = versions(2)
    yield feed("".join(one.entry() for one in some), 2).encode()
    yield announcements("".join(one.announcement("2025-04-11") for one in some)).encode()
    yield error_feed("incorrect id format").encode()


_FIELDS = b"title abstract authors date arxiv_id categories comment doi licence url 2504.05309 null".split()
_MARKDOWN = [b"| ", b" |\n", b"|---|---|\n", b"**", b"](https://arxiv.org/abs/2504.05309", b"<details>", b"</summary>"]
_CONFIG = Path(__file__).resolve().parents[2] / "config.yaml"

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            "markdown",
            _markdown,
            _files("lists/*.md", "2025-04-10.md"),
            (*_MARKDOWN, b"<tr><td>", b"- ", b"## ", b"\n\n", b"| Title | Link | abstract | author |\n"),
        ),
        Target(
            "html",
            _reader("a.html"),
            _files("lists/*.html", "lists/table-html*"),
            (b"<table>", b"<tr>", b"<td>", b"<th>Title", b"</table>", b"<a href=", b"<!--", b"<li>", b"&#0;"),
        ),
        Target(
            "separated",
            _reader("a.csv", accounts.separated),
            _files("lists/*.csv", "lists/*.tsv"),
            (*_FIELDS, b",", b"\t", b";", b'"', b'""', b"\n", b"\r\n"),
        ),
        Target(
            "json",
            _reader("a.json", accounts.json_array),
            _files("lists/*.json", "bibliographies/*.json"),
            (*_FIELDS, b"[", b"{", b"}", b"]", b'":', b",", b"\\ud800", b"1e999", b"NaN", b'"issued"'),
        ),
        Target(
            "jsonl",
            _json_lines,
            _files("lists/*.jsonl"),
            (*_FIELDS, b"{", b"}", b'": "', b'", "', b"\n", b"\\ud800", b"\\u0000", b"'", b"True", b"1e999"),
        ),
        Target(
            "bibtex",
            _reader("a.bib", accounts.bibtex),
            _files("bibliographies/*.bib"),
            (b"@misc{", b"@string{", b"@comment{", b" = {", b"}", b"{", b'"', b" # ", b"\\", b"\n}\n\n", b"eprint"),
        ),
        Target(
            "ris",
            _reader("a.ris", accounts.ris),
            _files("bibliographies/*.ris"),
            (b"TY  - ", b"ER  - \n", b"AU  - ", b"TI  - ", b"DA  - 2025/13/99", b"\n", b"N1  - ", b"UR  - "),
        ),
        Target(
            "zotero",
            _reader("a.rdf"),
            _files("bibliographies/*.rdf"),
            (b"<rdf:Description>", b"<!DOCTYPE", b"rdf:about=", b"<z:itemType>", b"rdf:nodeID=", b"&#x0;", b"xml:lang"),
        ),
        Target(
            "feed",
            _feed,
            _feeds,
            (b"<entry>", b"</entry>", b"<id>", b"<updated>", b"<author><name>", b"<!ENTITY", b"<![CDATA[", b"&lt;"),
        ),
        Target(
            "pdf",
            _pdf,
            _pdfs,
            (b"obj", b"endobj", b"stream\n", b"/Length ", b"/Filter /FlateDecode", b"/Kids [", b"<<", b">>", b"/Count"),
        ),
        Target(
            "config",
            _config,
            lambda: iter([_CONFIG.read_bytes(), b"ui:\n  port: 1\n" + b"\x1eUI__PORT=2\nLLM__HEADERS=['A: B']"]),
            (
                b": ",
                b"\n  ",
                b"- ",
                b"&a ",
                b"*a",
                b"<<: ",
                b"!!python/object:os.system ",
                b"!!int ",
                b"0x",
                b"~",
                b"2025-13-01",
                b"[" * 600,
            ),
        ),
        Target(
            "question",
            _question,
            texts(
                "papers by Jimmy Lin from May 2025",
                "What is QueryGym?\x1eIt is a toolkit.\x1eand since October?",
                "compare OneSearch vs UniSearch, not 2503.09516",
                "which is the best paper on retrieval?",
            ),
            (b" by ", b" from ", b" since ", b" not ", b" and ", b"2025-02-30", b"2503.09516", b" vs ", b"?", b"\x1e"),
        ),
        Target(
            "citations",
            _citations,
            texts(
                "We study recommender systems and dense retrieval with large language models [1]. It is 3 times "
                "faster [2].",
                "- **Faster** [1, 2]\n\n| a | b |\n```\nx\n```\n<think>no</think>",
            ),
            (b"[1]", b"[2]", b"[1, 2]", b"\n\n", b"```", b"| ", b"- ", b". ", b"e.g. ", b"3.5%", b"nDCG@10", b"not "),
        ),
        Target(
            "reply",
            _reply,
            texts(
                "<think>Hm [1].</think>\n**Answer:** <b>It</b> ranks &#91;1&#93;.\\n\\nIt scales [2503.09516].</s>",
                'data: {"choices": [{"delta": {"content": [{"text": "It"}]}}]}\n\nevent: error\ndata: {"message": "x"}',
                '<tool_call>{"name": "f"}</tool_call>\n```json\n{"answer": "It ranks [1]."}\n```\n### Instruction:\n',
            ),
            (
                b"<think>",
                b"</think>",
                b"<p>",
                b"<br/>",
                b"&nbsp;",
                b"\x1b[31m",
                b"\\n",
                b"<|channel|>",
                b"<|im_end|>",
                b"<tool>",
                b"[INST]",
                b"[1]",
                b"data: ",
                b"\r",
            ),
        ),
        Target("quotes", _quotes, lambda: iter([bytes([0, 1, 0, 200, 10, 60, 0, 1] * 3)]), (b"\0\1\0\xff", b"\1\1")),
        Target(
            "request",
            _request,
            texts("/paper/2504.00001\x1efrom=2025-04-10&words=a\x1eYQ.YQ\x1e**a** [1] <b>", "/map/3.1\x1eat=1"),
            (b"/../", b"%00", b"&from=", b"&conversation=", b"<script>", b"[x](javascript:a)", b"![", b"\x1e"),
        ),
        *outside.TARGETS,
        *page.TARGETS,
    )
}
"""By name."""
