"""Known vulnerabilities of pinned dependencies: `python -m tests.support.audit` asks, and says what it could not ask.

pip-audit ends well also where it could look nothing up, as behind a mirror that knows no advisories; that proves
nothing, and is said here. A found vulnerability fails; a failed look-up does not, or nobody could work offline, unless
`--strict` is given, as for a release.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.tools import python_with

PINS = Path(__file__).resolve().parents[2] / "constraints.txt"
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found.

    Attributes:
        pinned: Packages that are pinned.
        asked: Of how many advisories were looked up.
        found: Package, version, advisory and the releases that mend it.
        failure: Why nothing could be asked at all.
    """

    pinned: int
    asked: int
    found: tuple[str, ...] = ()
    failure: str = ""

    def __str__(self) -> str:
        if self.found:
            return "\n".join([f"Known vulnerabilities in {len(self.found)} places:", *self.found])
        missed = self.pinned - self.asked
        if not self.asked:
            why = self.failure or "the package index knows no advisories"
            return f"NOT AUDITED: none of {self.pinned} pinned packages could be looked up ({why})."
        rest = f"; {missed} could not be looked up" if missed else ""
        return f"No known vulnerability in {self.asked} of {self.pinned} pinned packages{rest}."


def read(pinned: int, printed: str, complaint: str = "") -> Audit:
    """Read what pip-audit printed as JSON.

    Args:
        pinned: Packages that it was given.
        printed: Its standard output.
        complaint: Its standard error, of which the last line is told where there is no document.
    """
    try:
        packages = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audit(pinned, 0, failure=(complaint.strip().splitlines() or ["it said nothing"])[-1][:200])
    asked = [package for package in packages if "skip_reason" not in package]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no release'}"
        for one in asked
        for flaw in one["vulns"]
    ]
    return Audit(pinned, len(asked), tuple(found))


def audit(pins: Path = PINS) -> Audit:
    """Ask for the advisories of all pins."""
    lines = [line for line in pins.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    command = [python_with("pip_audit"), "-m", "pip_audit", "--requirement", str(pins), "--disable-pip", "--no-deps"]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off", "--timeout", "10"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Audit(len(lines), 0, failure=f"no answer within {_SECONDS} s")
    return read(len(lines), done.stdout, done.stderr)


def main() -> None:
    """Audit, print and end accordingly."""
    reader = argparse.ArgumentParser(prog="python -m tests.support.audit", description=__doc__)
    reader.add_argument("--strict", action="store_true", help="fail as well where anything could not be looked up")
    strict = reader.parse_args().strict
    found = audit()
    print(found)
    sys.exit(bool(found.found) or (strict and found.asked < found.pinned))


if __name__ == "__main__":
    main()
