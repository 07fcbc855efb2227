"""How well PDFs are read: body words in their order and section headings against GROBID's TEI, seconds and memory.

    python -m eval.bench.pdf FOLDER [--others]

reads every ``NAME.pdf`` of a folder and compares those that have a ``NAME.tei.xml`` beside them. With ``--others`` the
plain text of other libraries is measured alike, of those that are installed. docs/adr/0021-pdf-parser.md has figures.

    python -m eval.bench.pdf FOLDER --meanwhile BIG.pdf

asks questions about the folder's papers alone, while another file is read, and while another process ingests it.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

from rapidfuzz.distance import LCSseq

_TEI = "{http://www.tei-c.org/ns/1.0}"
_LEFT_OUT = {f"{_TEI}{name}" for name in ("figure", "formula", "note", "head")}
_SMALLEST_SHARE = 0.8
"""Of a heading's letters that must agree: the truth itself was made by a program."""


def words(text: str) -> list[str]:
    """The words of a text without case, accents, hyphens and marks: what a cut at a line's end may change is gone."""
    plain = unicodedata.normalize("NFKD", text.replace("\u00ad", "-")).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+", re.sub(r"(?<=\w)[-–]\s*(?=\w)", "", plain))


def in_order(truth: Sequence[str], found: Sequence[str]) -> float:
    """Share of the true words that stand in a text in the same order: longest common subsequence over the truth."""
    return LCSseq.similarity(truth, found) / len(truth) if truth else 1.0


def truth_of(tei: Path) -> tuple[list[str], list[str]]:
    """Body words and section headings of a TEI file; headings of tables and figures are none."""
    body = ElementTree.parse(tei).getroot().find(f".//{_TEI}body")
    assert body is not None, "a TEI file has a body"
    told = [word for part in body.iter(f"{_TEI}p") for word in words(_text(part))]
    heads = ["".join(head.itertext()).strip() for div in body.iter(f"{_TEI}div") for head in div.iter(f"{_TEI}head")]
    # GROBID joins a heading and the one right below it: "Model 2.1 Overview".
    heads = [part.strip() for head in heads for part in re.split(r"\s\d+(?:\.\d+)+\s", head)]
    return told, [head for head in heads if words(head)]


def headings_found(truth: Sequence[str], found: Sequence[str]) -> float:
    """Share of the true headings that are among those found, by nearly all of their letters."""
    known = ["".join(words(re.sub(r"^[\dA-Z](?:\.\d+)*\.?\s", "", heading))) for heading in found]
    wanted = ["".join(words(heading)) for heading in truth]
    hits = sum(any(LCSseq.normalized_similarity(one, other) >= _SMALLEST_SHARE for other in known) for one in wanted)
    return hits / len(wanted) if wanted else 1.0


def _text(part: ElementTree.Element) -> str:
    """Text of an element without formulas, notes and figures."""
    said = part.text or ""
    for child in part:
        said += ("" if child.tag in _LEFT_OUT else _text(child)) + (child.tail or "")
    return said


def ours(path: Path) -> tuple[str, list[str]]:
    """Body and headings as `rag.sources.pdf` reads them."""
    from rag.sources.pdf.document import read

    found = read(path, path.name)
    headings = [one["heading"] for one in found["sections"] if one["kind"] not in ("table", "figure", "note")]
    return str(found["body"]), headings


def _pypdfium2(path: Path) -> tuple[str, list[str]]:
    import pypdfium2

    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)), []


def _pdfminer(path: Path) -> tuple[str, list[str]]:
    return str(import_module("pdfminer.high_level").extract_text(path)), []


def _pdfplumber(path: Path) -> tuple[str, list[str]]:
    with import_module("pdfplumber").open(path) as document:
        return "\n".join(page.extract_text() for page in document.pages), []


def _pypdf(path: Path) -> tuple[str, list[str]]:
    return "\n".join(page.extract_text() for page in import_module("pypdf").PdfReader(path).pages), []


def _pdftext(path: Path) -> tuple[str, list[str]]:
    return str(import_module("pdftext.extraction").plain_text_output(str(path), sort=True, hyphens=False)), []


READERS: dict[str, Callable[[Path], tuple[str, list[str]]]] = {
    "paperchat": ours,
    "pypdfium2": _pypdfium2,
    "pdfminer": _pdfminer,
    "pdfplumber": _pdfplumber,
    "pypdf": _pypdf,
    "pdftext": _pdftext,
}


def _measure(name: str, path: Path) -> dict[str, float]:
    """Read one file in this process."""
    begin, cpu = time.perf_counter(), time.process_time()
    text, headings = READERS[name](path)
    row: dict[str, float] = {
        "seconds": time.perf_counter() - begin,
        "cpu_s": time.process_time() - cpu,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    tei = path.with_suffix(".tei.xml")
    if tei.is_file():
        told, heads = truth_of(tei)
        row |= {"words": in_order(told, words(text)), "headings": headings_found(heads, headings)}
    return row


def main() -> None:
    """Measure every file with every reader, each in a process of its own."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--others", action="store_true")
    options.add_argument("--one", help=argparse.SUPPRESS)
    options.add_argument("--meanwhile", type=Path, metavar="BIG.pdf")
    given = options.parse_args()
    if given.one:
        print(json.dumps(_measure(given.one, given.folder)))
        return
    if given.meanwhile:
        from eval.bench.meanwhile import measured

        for line in measured(given.folder, given.meanwhile):
            print(line, flush=True)
        return
    print(f"{'reader':<10} {'file':<24} {'s':>6} {'cpu s':>6} {'MB':>5} {'words':>6} {'heads':>6}")
    for name in READERS if given.others else ["paperchat"]:
        for path in sorted(given.folder.glob("*.pdf")):
            command = [sys.executable, "-m", "eval.bench.pdf", str(path), "--one", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name:<10} {path.name:<24} {done.stderr.strip().splitlines()[-1][:60]}")
                continue
            row = json.loads(done.stdout)
            shares = "".join(f" {row[key]:6.3f}" if key in row else "      –" for key in ("words", "headings"))
            print(
                f"{name:<10} {path.name:<24} {row['seconds']:6.2f} {row['cpu_s']:6.2f} {row['memory_mb']:5.0f}{shares}"
            )


if __name__ == "__main__":
    main()
