"""The map: codes that stay, regions that hold what is alike, names, places, and files and libraries that are none."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zipfile import ZipFile

import numpy as np
import pytest

from rag.config import Config
from rag.errors import EmptyLibrary, RegionNotFound
from rag.index.library import Library
from rag.themes.codes import LEAST, LEVELS, Code, Codes, Vectors, learn
from rag.themes.draft import draw, vectors_of
from rag.themes.map import Cartographer, Map, read_code, written
from rag.themes.map_file import FILE_NAME, read, write
from rag.themes.plane import lay_out
from rag.themes.regions import Namer, Words, counted
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
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with library_of(tmp_path, 12) as library:
        before = Cartographer(library).map()
        (tmp_path / FILE_NAME).write_bytes(content)
        after = Cartographer(library).map()
        assert (after.codes == before.codes).all()
        assert (tmp_path / FILE_NAME).read_bytes() != content
        said = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
        assert said == [f"The map in {tmp_path / FILE_NAME} is damaged, and is drawn anew."], "no library's own words"


def test_a_bit_flipped_anywhere_in_a_file_is_no_crash(tmp_path: Path) -> None:
    with library_of(tmp_path, 12) as library:
        Cartographer(library).map()
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    with ZipFile(path) as file:
        parts = file.start_dir
    readable = 0
    for place in (*range(parts, parts + 56), len(whole) // 2):  # what is said of the first part, and the middle
        for bit in range(8):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            readable += read(path) is not None
    assert readable < 300, "most flips are found"


def test_a_map_that_another_process_drew_anew_is_taken_over(tmp_path: Path) -> None:
    with library_of(tmp_path, 30) as library:
        page, other = Cartographer(library), Cartographer(library)
        page.map()
        library.ingest(some(20, first=100))
        before = page.map()
        assert before.later == 20
        anew = other.map(anew=True)
        assert page.last() is None, "what is on the disk now means something else"
        after = page.ready()
        assert after
        assert (after.later, after.codes.tolist()) == (0, anew.codes.tolist())
        assert after.state == anew.state != before.state
        assert other.ready() is anew


def test_vectors_are_read_once_for_a_map_that_is_outgrown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library_of(tmp_path, 12) as library:
        drawer = Cartographer(library)
        first = drawer.map()
        asked: list[object] = []

        def counting(library: Library) -> tuple[tuple[str, ...], Vectors]:
            asked.append(library)
            return vectors_of(library)

        monkeypatch.setattr("rag.themes.map.vectors_of", counting)
        library.ingest(some(20, first=100))
        assert drawer.last() is first
        assert [drawer.ready() for _ in range(3)] == [None] * 3
        assert (len(asked), drawer.last()) == (1, None)
        assert drawer.was_drawn()
        assert drawer.map().later == 0
        assert drawer.last() is drawer.ready()


def test_vectors_are_not_read_for_a_map_of_other_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with library_of(tmp_path, 12) as library:
        drawing = Cartographer(library).map().drawing
        write(tmp_path / FILE_NAME, replace(drawing, made_with="others"))
        monkeypatch.setattr("rag.themes.map.vectors_of", lambda library: pytest.fail("vectors are read"))
        assert Cartographer(library).ready() is None


def test_a_paper_that_leaves_while_a_map_is_drawn_is_no_crash(tmp_path: Path) -> None:
    with library_of(tmp_path, 12) as library:
        paper_ids, vectors = vectors_of(library)
        library.remove([paper_ids[3]])
        assert len(draw(library, paper_ids, vectors, "", lambda stage, done, total: None).names) >= LEVELS


def test_the_tree_of_a_large_map_is_walked_quickly() -> None:
    codes = np.array([(a, b, c) for a in range(1, 25) for b in range(1, 17) for c in range(1, 13)] * 13, np.int16)
    with TemporaryDirectory() as folder, library_of(Path(folder), 4) as library:
        drawing = Cartographer(library).map().drawing
    names = {code: Words("Name") for code in counted(codes)}
    ids = tuple(f"2504.{n:05}" for n in range(len(codes)))
    drawn = Map(ids, codes, np.zeros((len(codes), 2), np.float32), drawing, _names=names)

    def walked(code: Code) -> int:
        return 1 + sum(walked(one.code) for one in drawn.children(code))

    begin = perf_counter()
    assert walked(()) == 1 + 24 + 24 * 16 + 24 * 16 * 12
    assert perf_counter() - begin < 2, "looking through all regions for each takes ten seconds"
    assert drawn.region((3, 2)).papers == 12 * 13


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
