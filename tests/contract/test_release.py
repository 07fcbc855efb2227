"""A release: the same archives from the same source, and a list of what it installs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.support.release import bill_of_materials, built, copied, moment, needed
from tests.support.tools import is_there

pytestmark = [pytest.mark.slow]


def test_a_release_is_built_the_same_twice(tmp_path: Path) -> None:
    """Also from another folder, with files of another moment."""
    source = copied(tmp_path / "source")
    one = built(tmp_path / "one", "1750000000", source)
    moved = source.rename(tmp_path / "moved")
    for path in moved.rglob("*.py"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    assert built(tmp_path / "other", "1750000000", moved) == one
    assert sorted(Path(name).suffix for name in one) == [".gz", ".whl"]


def test_the_moment_is_the_variable_s_or_the_commit_s() -> None:
    assert moment({"SOURCE_DATE_EPOCH": "123"}) == "123"
    assert moment({}).isdecimal()


@pytest.mark.skipif(not is_there("cyclonedx_py"), reason="needs the tools of `make release`")
def test_the_list_of_materials_names_what_is_needed_and_no_tool() -> None:
    document = bill_of_materials("1750000000")
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == "paperchat"
    listed = {canonicalize_name(one["name"]) for one in document["components"]}
    assert {"chromadb", "llama-index-core", "gradio", "numpy", "openvino"} <= listed
    assert not {"pytest", "mypy", "ruff", "hypothesis", "cyclonedx-bom", "atheris"} & listed
    assert all(one["purl"].startswith("pkg:pypi/") and one["version"] for one in document["components"])
    assert listed == needed("paperchat") - {"paperchat"}
