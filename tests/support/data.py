"""Where the large development data lies, and the skip that names it when it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data() -> Path:
    """Return the folder with reports, QA sets and SciFact, or skip the test that asked for it.

    It is `PAPERCHAT_SHARED_DATA` where that is set, else `shared/data` beside the checkout.
    """
    folder = Path(os.environ.get("PAPERCHAT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "reports").is_dir():
        pytest.skip(f"the development data is not at {folder}; set PAPERCHAT_SHARED_DATA to its folder")
    return folder
