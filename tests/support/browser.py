"""Chromium for the tests of the page: where it lies, and how it gets onto a machine that has none.

`python -m tests.support.browser` (part of `make test`) finds it or installs it, or says what to do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "PAPERCHAT_CHROMIUM"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
HELP = f"""The page's tests need Chromium, and it could neither be found nor installed. Any of these will do:
  apt-get install chromium                  (Debian, Ubuntu; as root)
  .venv/bin/playwright install chromium     (downloads it)
  {VARIABLE}=/path/to/chromium make test"""


def find_chromium() -> Path | None:
    """The browser that the environment names, the system's, or Playwright's own; None where there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    for name in NAMES:
        if path := shutil.which(name):
            return Path(path)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.is_file() else None


def install_chromium() -> None:
    """Install Debian's package where we are root and have apt, Playwright's download elsewhere; may fail."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-qq", *arguments], check=False)
    if find_chromium() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Find or install the browser; 1 where neither works."""
    if find_chromium() is None:
        print("Chromium is missing; installing it.", file=sys.stderr)
        install_chromium()
    if find_chromium() is None:
        print(HELP, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
