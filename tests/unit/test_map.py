"""The map: codes that stay, regions that hold what is alike, names, places, and files and libraries that are none."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, islice
from pathlib import Path

import numpy as np
import pytest

from rag.config import Config
from rag.errors import EmptyLibrary, RegionNotFound
from rag.index.library import Library
from rag.themes.codes import LEAST, LEVELS, Codes, Vectors, learn
from rag.themes.map import Cartographer, read_code, vectors_of, written
from rag.themes.map_file import FILE_NAME
from rag.themes.plane import lay_out
from rag.themes.regions import Namer
from rag.types import Paper
from tests.support.data import REPOSITORY
from tests.support.papers import make_paper

SUBJECTS = {
    "Query Rewriting": "We rewrite the queries of a search engine with synonyms.",
    "Bread Baking": "We bake bread of rye and water in a stone oven.",
    "Protein Folding": "We fold proteins of amino acids in a simulation of molecules.",
}


def clouds(count: int, size: int = 32, seed: int = 5) -> Vectors:
    """Vectors in groups of groups."""
    random = np.random.default_rng(seed)
    far, near = random.standard_normal((9, size)), random.standard_normal((9, 6, size))
    first, second = random.integers(9, size=count), random.integers(6, size=count)
    found = far[first] + 0.6 * near[first, second] + 0.25 * random.standard_normal((count, size))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def likeness(vectors: Vectors, codes: Codes) -> list[float]:
    """Mean cosine of two papers whose codes share a prefix of exactly 0, 1, … numbers."""
    shared = np.cumprod(codes[:, None] == codes, axis=2).sum(axis=2)
    above = np.triu(np.ones((len(codes), len(codes)), bool), 1)
    cosine = vectors @ vectors.T
    return [float(cosine[above & (shared == length)].mean()) for length in range(LEVELS + 1)]


def test_papers_that_share_a_longer_prefix_are_more_alike() -> None:
    vectors = clouds(900)
    found = likeness(vectors, learn(vectors).encode(vectors))
    assert found == sorted(found)
    assert found[1] > found[0] + 0.2
    assert found[2] > found[1] + 0.1


def test_regions_can_be_browsed() -> None:
    codes = learn(vectors := clouds(900)).encode(vectors)
    for level in range(1, LEVELS + 1):
        sizes = Counter(map(tuple, codes[:, :level].tolist())).values()
        assert max(sizes) < 0.3 * len(codes)
        assert min(sizes) >= LEAST
    first = Counter(codes[:, 0].tolist())
    assert [first[n] for n in sorted(first)] == sorted(first.values(), reverse=True), "the largest region is number 1"


def test_codes_are_the_same_whatever_else_is_coded() -> None:
    vectors = clouds(600)
    books = learn(vectors[:400])
    again = learn(vectors[:400])
    assert (books.centres == again.centres).all()
    whole, some = books.encode(vectors), books.encode(vectors[:400])
    assert (whole[:400] == some).all()
    assert (books.encode(vectors[::7]) == whole[::7]).all()


def test_papers_that_are_all_the_same_are_one_region() -> None:
    same = np.tile(clouds(1), (50, 1))
    codes = learn(same).encode(same)
    assert (codes == 1).all()
    plane, places = lay_out(codes, same)
    assert len(plane.discs) == 1
    assert len(np.unique(places.round(3), axis=0)) == 50, "none hides another"


@pytest.mark.parametrize("count", [1, 2, 3, 9, 17])
def test_a_few_papers_have_codes_and_places(count: int) -> None:
    vectors = clouds(count)
    codes = learn(vectors).encode(vectors)
    _, places = lay_out(codes, vectors)
    assert codes.min() >= 1
    assert np.isfinite(places).all()


def test_places_keep_regions_together_and_papers_apart() -> None:
    vectors = clouds(900)
    codes = learn(vectors).encode(vectors)
    plane, places = lay_out(codes, vectors)
    assert (lay_out(codes, vectors)[1] == places).all()
    discs = plane.discs.astype(float)
    for a, b in combinations(range(len(discs)), 2):
        apart = np.linalg.norm(discs[a, :2] - discs[b, :2])
        gap = 0.6 if plane.codes[a, 0] != plane.codes[b, 0] else 0.0
        assert apart > 0.93 * (discs[a, 2] + discs[b, 2]) + gap
    far = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(far, np.inf)
    assert far.min() > 0.5
    nearest = far.argmin(axis=1)
    assert (codes[nearest, 0] == codes[:, 0]).mean() > 0.98


def test_regions_near_in_meaning_lie_near() -> None:
    vectors = clouds(900)
    codes = learn(vectors).encode(vectors)
    _, places = lay_out(codes, vectors)
    sure = np.random.default_rng(0).integers(900, size=(2, 4000))
    cosine = (vectors[sure[0]] * vectors[sure[1]]).sum(axis=1)
    apart = np.linalg.norm(places[sure[0]] - places[sure[1]], axis=1)
    assert np.corrcoef(cosine, apart)[0, 1] < -0.4


def test_regions_are_called_what_sets_them_apart() -> None:
    papers = [
        make_paper(f"2504.{n:05}", f"{name} of Kind {'ABCDEFGHIJ'[n % 10]}", text)
        for n, (name, text) in enumerate(list(SUBJECTS.items()) * 10)
    ]
    codes = np.array([[n % 3 + 1, 1, 1] for n in range(30)], np.int16)
    names = Namer(papers).name(codes)
    for n, name in enumerate(SUBJECTS):
        assert names[(n + 1,)].name.lower().startswith(name.lower())
    assert len({names[(n,)].name for n in (1, 2, 3)}) == 3


def test_a_code_is_read_as_it_is_written() -> None:
    assert read_code("3.1") == (3, 1)
    assert written((3, 1, 12)) == "3.1.12"
    for wrong in ("", "3.", "a", "1.2.3.4", "٣", "-1", "1e3", "99999"):
        assert read_code(wrong) is None, wrong


# --- over libraries -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Real abstracts of many subjects (eval/training/README.md)."""
    with gzip.open(REPOSITORY / "eval" / "training" / "data" / "abstracts.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, 160)]
    with Library(Config(data_dir=tmp_path_factory.mktemp("mapped"))) as library:
        library.ingest(make_paper(row["paper"], row["title"], " ".join(row["sentences"])) for row in rows)
        yield library


def some(count: int, first: int = 0) -> list[Paper]:
    """Papers on three subjects."""
    told = list(SUBJECTS.items())
    return [
        make_paper(f"2504.{n:05}", f"{told[n % 3][0]}, Part {n}", f"{told[n % 3][1]} This is study {n}.")
        for n in range(first, first + count)
    ]


def library_of(folder: Path, count: int) -> Library:
    library = Library(Config(data_dir=folder))
    if count:
        library.ingest(some(count))
    return library


def test_real_papers_that_share_a_longer_prefix_are_more_alike(real: Library) -> None:
    paper_ids, vectors = vectors_of(real)
    drawn = Cartographer(real).map()
    assert drawn.paper_ids == tuple(paper_ids)
    found = likeness(vectors, drawn.codes)
    assert found[0] + 0.05 < found[1] < found[2] < found[3]
    assert sum(one.papers for one in drawn.children()) == len(paper_ids)
    assert all(one.name for one in drawn.regions.values())


def test_codes_and_places_stay_when_papers_come_and_change_when_they_double(tmp_path: Path) -> None:
    with library_of(tmp_path, 30) as library:
        before = Cartographer(library).map()
        library.ingest(some(20, first=100))
        after = Cartographer(library).map()
        assert (after.later, after.redrawn) == (20, "")
        rows = after.rows(before.paper_ids)
        assert (after.codes[rows] == before.codes).all()
        assert (after.places[rows] == before.places).all()
        assert len(after.paper_ids) == 50
        library.ingest(some(20, first=200))
        doubled = Cartographer(library).map()
        assert doubled.later == 0
        assert "doubled" in doubled.redrawn
        assert sum(one.papers for one in doubled.children()) == 70


def test_where_later_papers_stand_depends_on_no_other(tmp_path: Path) -> None:
    with library_of(tmp_path, 30) as library:
        Cartographer(library).map()
        library.ingest(some(5, first=100))
        few = Cartographer(library).map()
        library.ingest(some(9, first=90))
        many = Cartographer(library).map()
        assert (many.places[many.rows(few.paper_ids)] == few.places).all()


def test_a_map_is_drawn_anew_when_asked(tmp_path: Path) -> None:
    with library_of(tmp_path, 30) as library:
        drawer = Cartographer(library)
        assert drawer.ready() is None
        drawer.map()
        library.ingest(some(10, first=100))
        later = drawer.ready()
        assert later
        assert later.later == 10
        steps: list[str] = []
        anew = drawer.map(anew=True, progress=lambda stage, done, total: steps.append(stage))
        assert (anew.later, anew.redrawn) == (0, "it was asked for")
        assert drawer.ready() is anew
        assert "naming regions" in steps


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04 half"])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    with library_of(tmp_path, 12) as library:
        before = Cartographer(library).map()
        (tmp_path / FILE_NAME).write_bytes(content)
        after = Cartographer(library).map()
        assert (after.codes == before.codes).all()
        assert (tmp_path / FILE_NAME).read_bytes() != content


def test_a_file_whose_parts_do_not_fit_is_replaced(tmp_path: Path) -> None:
    with library_of(tmp_path, 12) as library:
        before = Cartographer(library).map()
        with np.load(tmp_path / FILE_NAME) as file:
            arrays = {name: file[name] for name in file.files}
        arrays["places"] = arrays["places"][:3]
        np.savez(tmp_path / FILE_NAME, **arrays)
        assert (Cartographer(library).map().places == before.places).all()


def test_a_folder_that_may_not_be_written_has_a_map_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with library_of(tmp_path, 12) as library:
        monkeypatch.setattr("os.replace", refused)
        drawer = Cartographer(library)
        before = drawer.map()
        assert not (tmp_path / FILE_NAME).exists()
        assert not list(tmp_path.glob(".map*"))
        monkeypatch.undo()
        library.ingest(some(6, first=100))
        assert (drawer.map().codes[:12] == before.codes).all()


def test_libraries_with_nothing_to_map(tmp_path: Path) -> None:
    with library_of(tmp_path, 0) as library, pytest.raises(EmptyLibrary):
        Cartographer(library).map()
    with library_of(tmp_path, 1) as library:
        one = Cartographer(library).map()
        assert one.regions[(1,)].papers == 1
        assert one.regions[(1,)].name
        assert one.children((1,)) == []
        with pytest.raises(RegionNotFound):
            one.region((2,))
