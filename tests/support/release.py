"""A release: `python -m tests.support.release FOLDER` builds it twice, and keeps it if both are the same byte for byte.

FOLDER then holds source distribution, wheel, a list of what the wheel installs (CycloneDX) and their sha256. The
time in the archives is that of the commit, or `SOURCE_DATE_EPOCH` where it is set, so that anybody builds the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.tools import python_with

REPOSITORY = Path(__file__).resolve().parents[2]
EPOCH = "SOURCE_DATE_EPOCH"


def moment(environ: Mapping[str, str] = os.environ) -> str:
    """Seconds since 1970 that a release is dated with.

    Raises:
        SystemExit: nothing says it.
    """
    if environ.get(EPOCH):
        return environ[EPOCH]
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise SystemExit(f"This is no git checkout: set {EPOCH} to the release's time in seconds since 1970.")
    return done.stdout.strip()


def copied(folder: Path) -> Path:
    """Copy the files that git holds, as they stand, so that no edit meanwhile and nothing untracked gets in.

    Raises:
        SystemExit: this is no git checkout.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        raise SystemExit("This is no git checkout: nothing says which files belong to a release.")
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file() and not name.startswith(("tests/", "docs/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, folder / name)
    return folder


def built(folder: Path, epoch: str, source: Path) -> dict[str, str]:
    """Build the source distribution, and the wheel from it; their sha256 by name.

    Raises:
        SystemExit: the build fails.
    """
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, env={**os.environ, EPOCH: epoch}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The build failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def bill_of_materials(epoch: str) -> dict[str, Any]:
    """What an installation of the product consists of, as a CycloneDX document, from the running environment.

    Raises:
        SystemExit: the tool is not installed, or fails.
    """
    command = [
        python_with("cyclonedx_py"),
        "-m",
        "cyclonedx_py",
        "environment",
        "--output-reproducible",
        "--no-validate",
    ]
    command += [
        "--spec-version",
        "1.6",
        "--pyproject",
        str(REPOSITORY / "pyproject.toml"),
        "--output-format",
        "JSON",
        sys.executable,
    ]
    done = subprocess.run(command, env={**os.environ, EPOCH: epoch}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The list of materials failed: {done.stderr[-2000:]}\n`make release` installs it.")
    document: dict[str, Any] = json.loads(done.stdout)
    kept = needed("paperchat")
    document["components"] = [
        _public(one) for one in document["components"] if canonicalize_name(one["name"]) in kept - {"paperchat"}
    ]
    refs = {one["bom-ref"] for one in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
    document["dependencies"] = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", ()) if ref in refs]}
        for one in document["dependencies"]
        if one["ref"] in refs
    ]
    return document


def needed(name: str) -> set[str]:
    """A package and all that it asks for on this system, without extras that nobody asks for."""
    found: set[str] = set()
    waiting = [Requirement(name)]
    while waiting:
        wanted = waiting.pop()
        key = canonicalize_name(wanted.name)
        try:
            asked = distribution(wanted.name).requires or ()
        except PackageNotFoundError:
            continue
        extras = wanted.extras or {""}
        more = [one for one in map(Requirement, asked) if _holds(one, extras)]
        if key not in found or wanted.extras:
            found.add(key)
            waiting += [one for one in more if canonicalize_name(one.name) not in found or one.extras - {""}][:500]
    return found


def _holds(requirement: Requirement, extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def _public(component: dict[str, Any]) -> dict[str, Any]:
    """A component without where this machine fetched it from."""
    return {key: value for key, value in component.items() if key not in ("externalReferences", "properties")} | {
        "purl": component["purl"].partition("?")[0]
    }


def main() -> None:
    """Build twice, compare, and put everything into the folder."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    epoch = moment()
    with tempfile.TemporaryDirectory(prefix="paperchat-release-") as folder:
        first, second, source = (Path(folder, name) for name in ("first", "second", "source"))
        one, other = built(first, epoch, copied(source)), built(second, epoch, source.rename(source.with_name("moved")))
        if one != other:
            raise SystemExit(f"Two builds of the same source differ: {one} and {other}")
        out.mkdir(parents=True, exist_ok=True)
        for name in one:
            shutil.copyfile(first / name, out / name)
    (wheel,) = (name for name in one if name.endswith(".whl"))
    listed = out / f"{wheel.removesuffix('.whl')}.cdx.json"
    listed.write_text(json.dumps(bill_of_materials(epoch), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    one[listed.name] = hashlib.sha256(listed.read_bytes()).hexdigest()
    sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(one.items()))
    (out / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(f"Built twice, the same both times:\n{sums}", end="")


if __name__ == "__main__":
    main()
