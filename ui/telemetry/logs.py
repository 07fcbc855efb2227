"""The page's log: lines for people or, by configuration, JSON for programs, on stderr.

Every line carries the id of the request that it belongs to. No secret is written, whoever logs it, nor what readers ask
unless `log.questions` says so: what is formatted is searched for both, messages and tracebacks alike.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from rag.config import Config, LogConfig
from rag.text.controls import without_controls
from ui.telemetry.request import private_words, request_id
from ui.web.door.sessions import KEY_VARIABLE
from ui.web.door.users import USERS_VARIABLE

OURS = ("rag", "ui")
EXTRA = "facts"
"""Attribute of a record under which further fields stand: ``log.info("…", extra={"facts": {…}})``."""
_LEAST_SECRET = 6
"""Characters below which a value of the environment is too common a word to be searched for."""
_LEAST_WORDS = 12
"""The same of a question: shorter ones are words of any message."""
_CREDENTIAL = re.compile(
    r"(?i)(?<=://)[^/\s@]+(?=@)"  # user and password of an address
    r"|(?<=bearer )[\w.~+/=-]{6,}|(?<=basic )[\w+/=]{6,}"
    r"|\bsk-[\w-]{8,}|(?<=paperchat-session=)[\w.=-]+"
)
HIDDEN = "***"
WORDS = "[the question]"


class Discreet(logging.Filter):
    """Gives records their request and their time, and takes secrets and readers' words out of what is written."""

    def __init__(self, secrets: Sequence[str], shows_questions: bool) -> None:
        """Know what may not be written.

        Args:
            secrets: Values that may not stand anywhere.
            shows_questions: Whether readers' words may.
        """
        super().__init__()
        self._secrets = sorted({one for one in secrets if len(one) >= _LEAST_SECRET}, key=len, reverse=True)
        self._shows_questions = shows_questions

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the request's id; nothing is held back."""
        record.request = getattr(record, "request", "") or request_id()
        return True

    def cleaned(self, text: str) -> str:
        """A text without what may not be written."""
        for secret in self._secrets:
            text = _without(text, secret, HIDDEN)
        for words in () if self._shows_questions else private_words():
            if len(words) >= _LEAST_WORDS:
                text = _without(text, words, WORDS)
        return _CREDENTIAL.sub(HIDDEN, text)


def _without(text: str, words: str, instead: str) -> str:
    """A text without these words, as they are and as Python and JSON spell them inside quotes."""
    spelt = {words, repr(words)[1:-1], json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]}
    for one in sorted(spelt, key=len, reverse=True):
        text = text.replace(one, instead)
    return text


class Lines(logging.Formatter):
    """For people: time, level, request, message, facts; a traceback below."""

    def __init__(self, discreet: Discreet) -> None:
        super().__init__(datefmt="%Y-%m-%d %H:%M:%S")
        self._discreet = discreet

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; what steers a terminal is taken out, and a message has one line."""
        head = (self.formatTime(record, self.datefmt), record.levelname, getattr(record, "request", ""))
        facts = (f"{name}={value}" for name, value in facts_of(record).items())
        line = " ".join(filter(None, (*head, f"{record.name}: {record.getMessage()}", *facts)))
        below = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        cleaned = self._discreet.cleaned  # before anything is joined that the reader wrote in lines
        return without_controls(" ".join(cleaned(line).splitlines()) + cleaned(below))


class JsonLines(JsonFormatter):
    """For programs: a JSON object a line."""

    def __init__(self, discreet: Discreet) -> None:
        super().__init__(
            ["levelname", "name", "message", "request", "exc_info"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
            timestamp="time",
            json_ensure_ascii=True,
        )
        self._discreet = discreet

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The object: our facts beside the rest, nothing empty; cleaned here, for JSON spells what it writes anew."""
        facts = log_data.pop(EXTRA, {})
        return {name: self._clean(value) for name, value in {**log_data, **facts}.items() if value not in (None, "")}

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, Mapping):
            return {self._discreet.cleaned(str(name)): self._clean(one) for name, one in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._clean(one) for one in value]
        return self._discreet.cleaned(str(value))


def facts_of(record: logging.LogRecord) -> Mapping[str, Any]:
    """A record's further fields."""
    facts: Mapping[str, Any] = getattr(record, EXTRA, {})
    return facts


def secrets_of(config: Config, environ: Mapping[str, str]) -> list[str]:
    """Values of the environment that the configuration names as secret, the lines of users, the key of sessions."""
    names = [*config.secret_variables(), USERS_VARIABLE, KEY_VARIABLE]
    values = [environ.get(name, "") for name in names]
    return [part for value in values for part in (value, *value.split())]


def formatter(log: LogConfig, discreet: Discreet) -> logging.Formatter:
    """What writes the records as the configuration wants them."""
    return JsonLines(discreet) if log.format == "json" else Lines(discreet)


@contextmanager
def logged(config: Config) -> Iterator[None]:
    """Write the log while the block runs: of our own modules from the configured level on, of others what is wrong."""
    discreet = Discreet(secrets_of(config, os.environ), config.log.questions)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(discreet)
    handler.setFormatter(formatter(config.log, discreet))
    root, ours = logging.getLogger(), [logging.getLogger(name) for name in OURS]
    before = [one.level for one in ours]
    root.addHandler(handler)
    for one in ours:
        one.setLevel(config.log.level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        for one, level in zip(ours, before, strict=True):
            one.setLevel(level)
