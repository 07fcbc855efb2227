"""Who is signed in: a cookie that names the user and the day it ends, signed, so that it outlives a restart.

The signature covers the user's stored password line as well: whoever changes a password, or takes a user out of the
file, ends that user's sessions.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rag.errors import ConfigError
from ui.web.door.users import Users

KEY_FILE = "session.key"
KEY_VARIABLE = "PAPERCHAT_SESSION_KEY"
"""Environment variable with the secret of all page servers that stand behind one address."""
_LEAST = 32
LIFETIME_S = 14 * 24 * 3600


class Sessions:
    """Makes and reads session tokens."""

    def __init__(self, users: Users, key: bytes, now: Callable[[], float] = time.time) -> None:
        """Take what tokens are made of.

        Args:
            users: Those who may sign in.
            key: Secret of this library.
            now: Seconds since the epoch.
        """
        self._users = users
        self._key = key
        self._now = now

    def token(self, name: str) -> str:
        """A token for a user who has just proved who they are."""
        claim = f"{int(self._now()) + LIFETIME_S}:{name}"
        return f"{_encode(claim.encode())}.{_encode(self._signature(claim, name))}"

    def user(self, token: str) -> str | None:
        """Whose token it is; None where it is forged, over, or of a user who is no more."""
        try:
            claim, signature = (_decode(part) for part in token.split("."))
            ends, _, name = claim.decode().partition(":")
            is_over = int(ends) <= self._now()
        except ValueError:
            return None
        if self._users.line(name) is None or not hmac.compare_digest(signature, self._signature(claim.decode(), name)):
            return None
        return None if is_over else name

    def _signature(self, claim: str, name: str) -> bytes:
        return hmac.digest(self._key, f"{claim}\0{self._users.line(name)}".encode(), "sha256")


def session_key(folder: Path, environ: Mapping[str, str] = os.environ) -> bytes:
    """The secret of `KEY_VARIABLE`; else the library's, made where it is missing, readable by its owner only.

    Where the folder cannot be written the library's lasts as long as the process.

    Raises:
        ConfigError: the variable's value is too short to be a secret.
    """
    if shared := environ.get(KEY_VARIABLE, "").strip():
        if len(shared) < _LEAST:
            raise ConfigError(
                f"{KEY_VARIABLE} is shorter than {_LEAST} characters.",
                'Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
        return hashlib.sha256(shared.encode()).digest()
    path = folder / KEY_FILE
    new = folder / f"{KEY_FILE}.{secrets.token_hex(8)}"
    try:
        if not path.exists():
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
            try:
                os.link(new, path)
            except FileExistsError:  # of two servers that start at once, both take the first one's
                pass
            except OSError:  # a file system without links
                new.replace(path)
            new.unlink(missing_ok=True)
        key = path.read_bytes()
    except OSError:
        return secrets.token_bytes(32)
    return key if len(key) == 32 else secrets.token_bytes(32)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
