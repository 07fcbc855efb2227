"""Asking arXiv politely: in turns, again after a growing wait, of the configured hosts alone, within limits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from rag.config import Config, public_address
from rag.errors import FetchError
from rag.sources.arxiv.pace import Pace, Turn, minutes
from rag.sources.arxiv.peer import Peer
from rag.sources.proxy import proxy_for

T = TypeVar("T")
Say = Callable[[str], None]
"""Tells whoever waits what is waited for."""

MOST_BYTES = 64 << 20
"""A longer reply of the API is none: 2,000 entries have about 6 MB."""
_MOST_HOPS = 5
_BUSY = {429, 500, 502, 503, 504}
"""What may go away by itself."""
_FULL_TEXT_PATIENCE = 5
"""A full text may take this many times as long as a page of the API."""
_SECONDS_WORTH_A_WORD = 10.0
_AGAIN = "Run the same command again later: it goes on where it stopped."


class Unusable(Exception):
    """A reply that another try may better: not what was asked for, cut off, or empty where it cannot be."""


class Absent(Exception):
    """The host has no such thing (404, 410)."""


class TooLarge(FetchError):
    """The reply is longer than is taken."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply."""

    content: bytes
    kind: str


class Connection:
    """A reader's connection to arXiv; one request at a time, whatever else reads into the same data folder."""

    def __init__(self, config: Config, *, pace: Pace | None = None, say: Say | None = None) -> None:
        """Make ready; nothing is asked yet.

        Args:
            config: Its section `arxiv`, and the data folder, which the pace is kept for.
            pace: Hands out turns; None takes the data folder's.
            say: Told of longer waits.
        """
        self.settings = config.arxiv
        proxy_for(self.settings.api_url)  # told now where it needs one that cannot be used
        self.folder = config.library_dir
        self.pace = pace or Pace(self.folder, self.settings.delay_s, self.settings.patience_s)
        self.say = say or (lambda _: None)
        about = f"; {self.settings.contact}" if self.settings.contact else ""
        agent = f"paperchat/{version('paperchat')} (reads papers for one person{about})"
        self._client = httpx.Client(
            headers={"User-Agent": agent, "Accept": "application/atom+xml, application/xml, application/pdf;q=0.9"},
            timeout=self.settings.timeout_s,
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close it."""
        self._client.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, address: str, parameters: Mapping[str, str], read: Callable[[Reply], T]) -> T:
        """Ask for an address until the reply can be used.

        Args:
            address: Of a configured host.
            parameters: Its query.
            read: Makes something of the reply; raises `Unusable` for one that another try may better.

        Raises:
            Absent: there is no such thing.
            FetchError: after the retries, or where none can help.
        """
        url = str(httpx.URL(address, params=dict(parameters))) if parameters else address
        return self._persist(url, lambda: read(self._get(url, MOST_BYTES, self.settings.timeout_s)))

    def download(self, address: str, check: Callable[[Reply], None], path: Path) -> None:
        """Store what stands at an address, whole or not at all.

        Args:
            address: Of a configured host.
            check: Raises `Unusable` for what another try may better, or any error of its own.
            path: Where to store it.

        Raises:
            Absent: there is no such thing.
            FetchError: as `ask`.
        """
        most = int(self.settings.max_pdf_mb * 1_000_000)
        time_limit = self.settings.timeout_s * _FULL_TEXT_PATIENCE

        def store() -> None:
            reply = self._get(address, most, time_limit)
            check(reply)
            part = path.with_name(path.name + ".part")
            part.write_bytes(reply.content)
            part.replace(path)

        self._persist(address, store)

    def _persist(self, url: str, attempt: Callable[[], T]) -> T:
        """Try until it works, with waits that double."""
        wait = self.settings.delay_s
        for left in range(self.settings.max_retries, -1, -1):
            try:
                return attempt()
            except Unusable as error:
                if not left:
                    raise FetchError(
                        f"{_host(url)} gave no usable reply, {self.settings.max_retries + 1} times: {error}.", _AGAIN
                    ) from None
                wait *= 2
                self._rest(wait, str(error))
        raise AssertionError("the last try returns or raises")

    def _rest(self, seconds: float, reason: str) -> None:
        """Have everybody wait before the next request."""
        seconds = min(seconds, self.settings.patience_s)
        if seconds >= _SECONDS_WORTH_A_WORD:
            self.say(f"arXiv: {reason}; asking again in {minutes(seconds)}")
        self.pace.hold(seconds)

    def _get(self, url: str, most: int, time_limit: float) -> Reply:
        """One reply, after redirects within the host; each of them is a request with a turn of its own."""
        for _ in range(_MOST_HOPS):
            peer = Peer(url, may_be_private=self.settings.allow_private)
            seen = {"trace": peer.seen}
            with (
                self.pace.turn() as turn,
                self._explained(url),
                self._client.stream("GET", url, extensions=seen) as response,
            ):
                if not response.has_redirect_location:
                    return self._received(response, turn, most, time_limit)
                url = _within_host(url, response.headers["location"])
        raise FetchError(f"{_host(url)} redirects in a circle.", "Check the addresses of the section arxiv.")

    def _received(self, response: httpx.Response, turn: Turn, most: int, time_limit: float) -> Reply:
        """The body of a response, or the error that its status means."""
        status, host = response.status_code, _host(str(response.url))
        if status in _BUSY:
            asked = _retry_after(response)
            if asked is not None:
                turn.rest = max(turn.rest, asked)
            if asked is not None and asked > self.settings.patience_s:
                raise FetchError(f"{host} is busy ({status}) and asks for {minutes(asked)} of rest.", _AGAIN)
            raise Unusable(f"it is busy ({status})")
        if status in (404, 410):
            raise Absent(f"{host} answers {status}")
        content = b"".join(_limited(response, most, time_limit))
        # arXiv reports what is wrong with a query as a feed, with status 400: that is for the reader of feeds.
        if status not in (200, 400):
            advice = "arXiv blocks readers that ask too much: wait a day." if status == 403 else _AGAIN
            raise FetchError(f"{host} refuses the request ({status}).", advice)
        return Reply(content, response.headers.get("content-type", "").partition(";")[0].strip().lower())

    @contextmanager
    def _explained(self, url: str) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise FetchError(
                f"{_host(url)} cannot be reached: {error}.",
                "Check the network, or the addresses of the section arxiv in config.yaml; then try again.",
            ) from None
        except httpx.TimeoutException:
            raise Unusable(f"no reply within {self.settings.timeout_s:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unusable(f"the connection broke: {str(error) or type(error).__name__}") from None
        except httpx.InvalidURL as error:
            raise FetchError(f"{public_address(url)} is no address: {error}.", "Check the section arxiv.") from None


def _limited(response: httpx.Response, most: int, time_limit: float) -> Iterator[bytes]:
    """A response's body; one that is too long or drips too slowly is refused."""
    end, size = time.monotonic() + time_limit, 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > most:
            raise TooLarge(
                f"{_host(str(response.url))} sends more than {most / 1_000_000:g} MB.",
                "arxiv.max_pdf_mb limits full texts.",
            )
        if time.monotonic() > end:
            raise Unusable(f"the reply took longer than {time_limit:g} s")
        yield chunk


def _retry_after(response: httpx.Response) -> float | None:
    """Read ``Retry-After``: seconds, or a date (RFC 9110, 10.2.3); None when absent or unreadable."""
    value = response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, ArithmeticError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _within_host(url: str, location: str) -> str:
    """Where a redirect leads; raises FetchError for one that leaves its host or its encryption."""
    try:
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        stays = old.hostname == new.hostname and (
            (old.scheme, old.port) == (new.scheme, new.port)
            or ((old.scheme, new.scheme) == ("http", "https") and old.port in (None, 80) and new.port in (None, 443))
        )
    except ValueError:
        stays = False
    if not stays:
        raise FetchError(
            f"{_host(url)} redirects to another host, which is not followed.",
            "Check the addresses of the section arxiv in config.yaml.",
        )
    return target


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "arXiv"
    except ValueError:
        return "arXiv"
