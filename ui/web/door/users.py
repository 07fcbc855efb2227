"""Who may use the page: names with hashed passwords, from a file or from the environment.

A user is a line ``name:$scrypt$ln=15,r=8,p=3$salt$hash``, as `paperchat config password NAME` prints it. In the
variable `USERS_VARIABLE` lines may also be parted by white space. scrypt (RFC 7914) comes with Python; its parameters
stand in each line, so that they can be raised without harm to older ones.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rag.config import UIConfig
from rag.errors import ConfigError

USERS_VARIABLE = "PAPERCHAT_USERS"
"""Environment variable that may hold the users instead of `ui.auth_file`."""
LONGEST_PASSWORD = 1024
LONGEST_NAME = 64
_LOG_N, _R, _P, _LENGTH = 15, 8, 3, 32
_LINE = re.compile(
    r"(?P<name>[^\s:$]{1,64}):\$scrypt\$ln=(?P<ln>\d{1,2}),r=(?P<r>\d{1,2}),p=(?P<p>\d{1,2})"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<hash>[A-Za-z0-9+/]+)"
)
_HINT = "Write a line a user, as `paperchat config password NAME` prints it."
_AT_ONCE = threading.BoundedSemaphore(2)  # a hash takes 32 MB and a tenth of a second: a flood must not take it all


class Users:
    """The users of the page; checking a password that was right before is quick."""

    def __init__(self, lines: Mapping[str, str]) -> None:
        """Take the users.

        Args:
            lines: Name → stored line, as `user_line` makes it.
        """
        self._lines = dict(lines)
        self._nobody = _line_of_nobody(lines)
        self._key = secrets.token_bytes()
        self._right: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, name: str) -> str | None:
        """A user's stored line; it changes with the password."""
        return self._lines.get(name)

    def accepts(self, name: str, password: str) -> bool:
        """Whether the password is right; takes as long for a name that does not exist."""
        if len(password) > LONGEST_PASSWORD:
            return False
        known = hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")
        if hmac.compare_digest(self._right.get(name, b""), known):
            return True
        line = self._lines.get(name)
        with _AT_ONCE:
            is_right = _matches(line or self._nobody, password) and line is not None
        if is_right:
            self._right[name] = known
        return is_right


def _line_of_nobody(lines: Mapping[str, str]) -> str:
    """A line that no password fits, whose comparison costs what most users' lines cost."""
    costs = Counter(line.split("$")[2] for line in lines.values())
    cost = costs.most_common(1)[0][0] if costs else f"ln={_LOG_N},r={_R},p={_P}"
    return f"nobody:$scrypt${cost}${_encode(secrets.token_bytes(16))}${_encode(secrets.token_bytes(_LENGTH))}"


def user_line(name: str, password: str) -> str:
    """The line to store for a user.

    Raises:
        ConfigError: the name or the password cannot be used.
    """
    if not re.fullmatch(r"[^\s:$]{1,64}", name):
        raise ConfigError(f"{name!r} cannot be a user's name.", "Take up to 64 characters, no blanks, ':' or '$'.")
    if not password or len(password) > LONGEST_PASSWORD:
        raise ConfigError(f"The password is empty or longer than {LONGEST_PASSWORD} characters.", "Choose another.")
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _LOG_N, _R, _P)
    return f"{name}:$scrypt$ln={_LOG_N},r={_R},p={_P}${_encode(salt)}${_encode(digest)}"


def read_users(config: UIConfig, environ: Mapping[str, str] = os.environ) -> Users:
    """Read the users of the file, or else of the variable; none of both gives no users.

    Raises:
        ConfigError: the file cannot be read, or a line is not a user. Its content is not shown.
    """
    if config.auth_file is not None:
        source, text = f"the file {config.auth_file}", _read(config.auth_file.expanduser())
        lines = [line.strip() for line in text.splitlines()]
    else:
        source, text = f"the variable {USERS_VARIABLE}", environ.get(USERS_VARIABLE, "")
        lines = text.split()
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None or not _is_sound(match):
            raise ConfigError(f"Line {number} of {source} is not a user.", _HINT)
        if match["name"] in users:
            raise ConfigError(f"Line {number} of {source} names {match['name']} again.", "Keep one line a user.")
        users[match["name"]] = line
    if config.auth_file is not None and not users:
        raise ConfigError(f"There is no user in {source}.", _HINT)
    return Users(users)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"The users' file {path} cannot be read: {error.strerror}.", "Check ui.auth_file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The users' file {path} is not text.", _HINT) from None


def _is_sound(match: re.Match[str]) -> bool:
    """Whether a line's parameters can be computed at all, in at most 256 MB."""
    ln, r, p = int(match["ln"]), int(match["r"]), int(match["p"])
    try:
        salt, digest = _decode(match["salt"]), _decode(match["hash"])
    except binascii.Error:
        return False
    return (
        10 <= ln <= 20
        and 1 <= r <= 32
        and 1 <= p <= 16
        and (r << ln) <= 1 << 21
        and len(salt) >= 8
        and len(digest) == _LENGTH
    )


def _matches(line: str, password: str) -> bool:
    match = _LINE.fullmatch(line)
    assert match is not None  # every stored line was checked when it was read
    found = _scrypt(password, _decode(match["salt"]), int(match["ln"]), int(match["r"]), int(match["p"]))
    return hmac.compare_digest(found, _decode(match["hash"]))


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    memory = 128 * r * ((1 << log_n) + p + 2)
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << log_n, r=r, p=p, maxmem=2 * memory, dklen=_LENGTH)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
