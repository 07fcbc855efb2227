"""arXiv on the loopback: API, announcements and full texts in the shapes of the real ones, with faults on order."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from rag.config import Config

DELAY = 0.05
"""Seconds between two requests in tests; arXiv's own are 3."""
ATOM = "application/atom+xml; charset=utf-8"
PDF = b"%PDF-1.5\n1 0 obj << /Type /Catalog >> endobj\ntrailer << >>\n%%EOF\n"


@dataclass(frozen=True)
class Version:
    """A version of a paper that the server holds; the newest is what it lists."""

    paper_id: str
    number: int
    title: str
    abstract: str
    published: str
    updated: str
    authors: tuple[tuple[str, str], ...] = (("Ada Lovelace", "Analytical Society"), ("Émile Zola", ""))
    categories: tuple[str, ...] = ("cs.IR", "cs.CL")
    comment: str = ""
    doi: str = ""
    licence: str = "http://creativecommons.org/licenses/by/4.0/"

    def entry(self) -> str:
        """As the API writes it, with its line breaks and the name space on each element of its own."""
        space = 'xmlns:arxiv="http://arxiv.org/schemas/atom"'
        address = f"http://arxiv.org/abs/{self.paper_id}v{self.number}"
        authors = "".join(
            f"<author>\n      <name>{escape(name)}</name>\n"
            + (f"      <arxiv:affiliation {space}>{escape(place)}</arxiv:affiliation>\n" if place else "")
            + "    </author>\n"
            for name, place in self.authors
        )
        doi = f"<arxiv:doi {space}>{self.doi}</arxiv:doi>" if self.doi else ""
        comment = f"<arxiv:comment {space}>{escape(self.comment)}</arxiv:comment>" if self.comment else ""
        kinds = "".join(
            f'<category term="{one}" scheme="http://arxiv.org/schemas/atom"/>\n    ' for one in self.categories
        )
        return f"""<entry>
    <id>{address}</id>
    <updated>{self.updated}</updated>
    <published>{self.published}</published>
    <title>{escape(_wrapped(self.title))}</title>
    <summary>  {escape(_wrapped(self.abstract, ""))}
</summary>
    {authors}    {doi}{comment}
    <link href="{address}" rel="alternate" type="text/html"/>
    <link title="pdf" href="{address.replace("/abs/", "/pdf/")}" rel="related" type="application/pdf"/>
    <arxiv:primary_category {space} term="{self.categories[0]}" scheme="http://arxiv.org/schemas/atom"/>
    {kinds}</entry>
"""

    def announcement(self, day: str) -> str:
        """As the daily feed writes it."""
        name = f"{self.paper_id}v{self.number}"
        kind = "new" if self.number == 1 else "replace"
        return f"""<entry>
    <id>oai:arXiv.org:{name}</id>
    <title>{escape(self.title)}</title>
    <updated>{day}T05:00:00.000000+00:00</updated>
    <link href="https://arxiv.org/abs/{self.paper_id}" rel="alternate" type="text/html"/>
    <summary>arXiv:{name} Announce Type: {kind}
Abstract: {escape(self.abstract)}</summary>
    {"".join(f'<category term="{one}"/>' for one in self.categories)}
    <published>{day}T00:00:00-04:00</published>
    <arxiv:announce_type>{kind}</arxiv:announce_type>
    <dc:rights>{self.licence}</dc:rights>
    <dc:creator>{escape(", ".join(name for name, _ in self.authors))}</dc:creator>
</entry>
"""


def _wrapped(text: str, indent: str = "  ") -> str:
    """A text as feeds break it; the lines of a title are indented."""
    return re.sub(r"((?:\S+ ){5}\S+) ", rf"\1\n{indent}", text)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one reply.

    Attributes:
        status: Instead of 200.
        headers: Further ones.
        body: Instead of the feed.
        change: Alters the feed.
        keep: Share of the body that is sent; the announced length stays, unless `silent`.
        silent: The cut body's length is announced, as if it were whole.
        delay: Seconds before the reply.
        drip: Seconds between two parts of the body.
        hang_up: Close the connection without a reply.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    change: Callable[[str], str] | None = None
    keep: float = 1.0
    silent: bool = False
    delay: float = 0.0
    drip: float = 0.0
    hang_up: bool = False


FINE = Fault()


@dataclass(frozen=True)
class Request:
    """What a client asked, and from when to when (`time.monotonic`) it was served."""

    begun: float
    ended: float
    path: str
    parameters: dict[str, str]
    agent: str


class ArxivServer(ThreadingHTTPServer):
    """Answers each request with the next fault of `script`, and well when the script is used up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.versions: list[Version] = []
        self.announced: list[Version] = []
        self.day = "2025-04-14"
        self.pdfs: dict[str, bytes] = {}
        self.refused: set[str] = set()
        self.script: list[Fault] = []
        self.always: Fault | None = None
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up: what is printed counts as the command's that asked."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def config(self, data_dir: Path, **changes: Any) -> Config:
        """A configuration whose arXiv this server is."""
        settings: dict[str, Any] = {
            "api_url": f"{self.url}/api/query",
            "feed_url": f"{self.url}/atom",
            "pdf_url": f"{self.url}/pdf",
            "delay_s": DELAY,
            "timeout_s": 2.0,
            "page_size": 4,
            "max_retries": 2,
            "patience_s": 1.5,
        }
        return Config.model_validate({"data_dir": data_dir, "arxiv": settings | changes})

    def environment(self, **changes: Any) -> dict[str, str]:
        """The same as variables, for a command."""
        section = self.config(Path("unused"), **changes).arxiv.model_dump(mode="json", exclude_none=True)
        return {f"PAPERCHAT__ARXIV__{key.upper()}": str(value) for key, value in section.items()}

    def assert_polite(self, delay: float = DELAY) -> None:
        """Fail where two requests came closer to each other than the delay, or at once."""
        ordered = list(pairwise(sorted(self.requests, key=lambda request: request.begun)))
        gaps = [after.begun - before.begun for before, after in ordered]
        assert all(gap >= delay for gap in gaps), f"{min(gaps):.4f} s between two requests"
        overlaps = [after.path for before, after in ordered if after.begun < before.ended]
        assert not overlaps, f"asked while another reply was under way: {overlaps}"

    def found(self, parameters: dict[str, str]) -> list[Version]:
        """The versions that a query means, in order."""
        if ids := parameters.get("id_list"):
            return [one for name in ids.split(",") if (one := self._version(name))]
        query = parameters.get("search_query", "")
        newest: dict[str, Version] = {}
        for one in self.versions:
            if one.number >= newest.get(one.paper_id, one).number:
                newest[one.paper_id] = one
        wanted = [one for one in newest.values() if _matches(one, query)]
        return sorted(wanted, key=lambda one: (one.updated, one.paper_id), reverse=True)

    def _version(self, name: str) -> Version | None:
        paper_id, _, number = name.partition("v")
        held = [one for one in self.versions if one.paper_id == paper_id and (not number or one.number == int(number))]
        return max(held, key=lambda one: one.number) if held else None


def _matches(one: Version, query: str) -> bool:
    categories = re.findall(r"cat:([\w.*-]+)", query)
    fits = any(
        kind == name or (name.endswith(".*") and kind.startswith(name[:-1]))
        for kind in one.categories
        for name in categories
    )
    words = [quoted or word for quoted, word in re.findall(r'all:(?:"([^"]*)"|(\w+))', query)]
    phrases = re.findall(r'ti:"([^"]*)"', query)
    text = f"{one.title} {one.abstract}".lower()
    title = " ".join(re.findall(r"\w+", one.title.lower()))
    return (
        (fits or not categories)
        and all(word.lower() in text for word in words)
        and all(phrase.lower() in title for phrase in phrases)
    )


def feed(entries: str, total: int, start: int = 0, size: int = 10) -> str:
    """The API's feed around entries."""
    space = 'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <link href="http://arxiv.org/api/query" rel="self" type="application/atom+xml"/>
  <title type="html">ArXiv Query: search_query=&amp;id_list=&amp;start={start}&amp;max_results={size}</title>
  <id>http://arxiv.org/api/cHxbiOdZaP56ODnBPIenZhzg5f8</id>
  <updated>2025-04-14T00:00:00-04:00</updated>
  <opensearch:totalResults {space}>{total}</opensearch:totalResults>
  <opensearch:startIndex {space}>{start}</opensearch:startIndex>
  <opensearch:itemsPerPage {space}>{size}</opensearch:itemsPerPage>
{entries}</feed>
"""


def error_feed(text: str) -> str:
    """What the API answers to a wrong request."""
    name = text.replace(" ", "_")
    return feed(
        f"""<entry>
    <id>http://arxiv.org/api/errors#{name}</id>
    <title>Error</title>
    <summary>{text}</summary>
    <updated>2025-04-14T00:00:00-04:00</updated>
    <link href="http://arxiv.org/api/errors#{name}" rel="alternate" type="text/html"/>
    <author>
      <name>arXiv api core</name>
    </author>
  </entry>
""",
        1,
    )


def announcements(entries: str) -> str:
    """The daily feed around entries."""
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us">
  <id>http://rss.arxiv.org/atom/cs.IR</id>
  <title>cs.IR updates on arXiv.org</title>
  <updated>2025-04-14T04:00:00.000000+00:00</updated>
{entries}</feed>
"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ArxivServer

    def do_GET(self) -> None:
        begun = time.monotonic()
        url = urlsplit(self.path)
        parameters = {key: values[0] for key, values in parse_qs(url.query).items()}
        with self.server.lock:
            fault = self.server.script.pop(0) if self.server.script else self.server.always or FINE
            place = len(self.server.requests)
            request = Request(begun, begun, unquote(url.path), parameters, self.headers.get("User-Agent", ""))
            self.server.requests.append(request)
        self.server.stopping.wait(fault.delay)
        if fault.hang_up:
            self.close_connection = True
        else:
            self._send(fault, *self._reply(request.path, parameters, fault))
        if not (fault.delay or fault.drip):  # else the client may be gone
            self.server.requests[place] = replace(request, ended=time.monotonic())

    def _reply(self, path: str, parameters: dict[str, str], fault: Fault) -> tuple[int, str, bytes]:
        if fault.body is not None:
            return fault.status, fault.headers.get("Content-Type", ATOM), fault.body
        if path == "/api/query":
            status, text = self._query(parameters)
        elif path.startswith("/atom/"):
            status, text = (
                200,
                announcements("".join(one.announcement(self.server.day) for one in self.server.announced)),
            )
        elif path.startswith("/pdf/"):
            content = self.server.pdfs.get(path.removeprefix("/pdf/"))
            if content is None:
                return 404, "text/html", b"<html>no such paper</html>"
            return fault.status, "application/pdf", content
        else:
            return 404, "text/html", b"<html>not found</html>"
        return fault.status if fault.status != 200 else status, ATOM, (fault.change or str)(text).encode()

    def _query(self, parameters: dict[str, str]) -> tuple[int, str]:
        for name in parameters.get("id_list", "").split(","):
            if name in self.server.refused:
                return 400, error_feed(f"incorrect id format for {name}")
        found = self.server.found(parameters)
        start, size = int(parameters.get("start", 0)), int(parameters.get("max_results", 10))
        entries = "".join(one.entry() for one in found[start : start + size])
        return 200, feed(entries, len(found), start, size)

    def _send(self, fault: Fault, status: int, kind: str, body: bytes) -> None:
        kept = body[: int(len(body) * fault.keep)]
        self.send_response(status)
        for name, value in {"Content-Type": kind, **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(kept if fault.silent else body)))
        self.end_headers()
        try:
            step = max(1, len(kept) // 50) if fault.drip else len(kept)
            for i in range(0, len(kept), max(step, 1)):
                self.wfile.write(kept[i : i + step])
                if fault.drip and self.server.stopping.wait(fault.drip):
                    break
        except OSError:
            self.close_connection = True  # the client gave up, as some tests want
        if len(kept) < len(body):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


@contextmanager
def arxiv_server() -> Iterator[ArxivServer]:
    """Run a server while the block lasts."""
    server = ArxivServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def versions(count: int, day: str = "2025-04-10") -> list[Version]:
    """Papers of one day, a minute apart, each with a text of its own."""
    return [
        Version(
            f"2504.{n:05}",
            1,
            f"Paper {n} on retrieval with $p<{n}$ and a title that goes over several lines",
            f"We study case {n} of retrieval & ranking. It has {n} layers, and the error is < {n} percent on all sets.",
            f"{day}T10:{n % 60:02}:00Z",
            f"{day}T10:{n % 60:02}:00Z",
            comment=f"{n + 1} pages",
        )
        for n in range(1, count + 1)
    ]
