"""PDFs made for tests, written by hand: what stands where, how large and in which colour is no library's secret."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

WIDTH, HEIGHT = 612, 792
LEFT, RIGHT = 72, 320
"""Left edges of two columns."""


class Sheet:
    """A page under way."""

    def __init__(self) -> None:
        self.stream: list[str] = []

    def put(self, x: float, y: float, text: str, size: float = 10, *, bold: bool = False, how: str = "") -> Sheet:
        """Set a line of text; `how` are operators before it, such as ``1 1 1 rg`` or ``3 Tr``."""
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        font = "F2" if bold else "F1"
        self.stream.append(f"q BT {how} /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET Q")
        return self

    def column(self, x: float, top: float, lines: Sequence[str], size: float = 10, lead: float = 12) -> float:
        """Set lines below each other; where the next would stand."""
        for n, line in enumerate(lines):
            self.put(x, top - n * lead, line, size)
        return top - len(lines) * lead

    def paint(self, operators: str) -> Sheet:
        """Add operators as they are."""
        self.stream.append(f"q {operators} Q")
        return self


def make_pdf(sheets: Sequence[Sheet], info: str = "", trailer: str = "") -> bytes:
    """A file of these pages; `info` are entries about it, as ``/Title (…)``."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(sheets)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        f"<< {info} >>",
    ]
    bodies = [item.encode("latin-1") for item in objects]
    for n, sheet in enumerate(sheets):
        content = zlib.compress("\n".join(sheet.stream).encode("cp1252"))
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {7 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> /ExtGState << /Faint << /ca 0.12 >> >> >> >>".encode()
        )
        bodies.append(stream(content, "/Filter /FlateDecode"))
    return assembled(bodies, trailer)


def stream(content: bytes, entries: str = "") -> bytes:
    """An object that is a stream."""
    return f"<< /Length {len(content)} {entries} >>\nstream\n".encode() + content + b"\nendstream"


def assembled(bodies: Sequence[bytes], trailer: str = "") -> bytes:
    """Objects with the table of their places."""
    out = b"%PDF-1.7\n"
    places = []
    for n, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{n} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(bodies) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R /Info 5 0 R {trailer} >>\n"
    return out + end.encode() + f"startxref\n{len(out)}\n%%EOF\n".encode()


def paper_pdf(title: str = "Zebra Fusion for Dense Search", extra: Sheet | None = None) -> bytes:
    """A paper of two pages in two columns, with all that a paper has: head, footnote, table, references."""
    one, two = Sheet(), Sheet()
    one.put(150, 740, title, 17, bold=True).put(220, 715, "Ada Lovelace, Alan Turing", 12)
    one.put(150, 675, "Abstract", 11, bold=True)
    y = one.column(
        LEFT,
        655,
        [
            "We present a method for dense search that",
            "fuses lists of candidates. It is simple, and it",
            "beats all baselines on three test collections.",
        ],
    )
    one.put(LEFT, y - 15, "1 Introduction", 12, bold=True)
    intro = [
        "Search engines find documents by words or by",
        "meaning. Neither is enough by itself, as earlier",
        "work has shown again and again. We therefore in-",
        "vestigate how their lists of candidates can be",
        "put together, and which weights they should be",
        "given. The answer depends on the question, and",
        "a simple rule chooses well between the two of",
    ]
    one.column(LEFT, y - 35, intro)
    one.put(LEFT, 80, "1 The code is at https://example.org/zebra", 8)
    right = one.column(
        RIGHT,
        655,
        [
            "them in nearly all of the cases that we tried.",
            "This is what the rest of the paper is about, and",
            "it ends with what remains to be done by others.",
        ],
    )
    one.put(RIGHT, right - 15, "2 Training", 12, bold=True)
    one.column(
        RIGHT,
        right - 35,
        [
            "We train with the Adam optimizer and a learning",
            "rate of 3e-5 for two epochs, on one graphics card",
            "that has twelve gigabytes of memory. The batch",
            "size is 64, and no layer is frozen while it lasts.",
        ],
    )
    two.put(LEFT, 720, "Model", 9).put(LEFT + 90, 720, "nDCG", 9).put(LEFT + 150, 720, "MRR", 9)
    two.put(LEFT, 708, "BM25", 9).put(LEFT + 90, 708, "0.42", 9).put(LEFT + 150, 708, "0.40", 9)
    two.put(LEFT, 696, "Zebra", 9).put(LEFT + 90, 696, "0.61", 9).put(LEFT + 150, 696, "0.58", 9)
    two.put(LEFT, 678, "Table 1: Results on the Savanna collection.", 9)
    two.put(LEFT, 640, "3 Results", 12, bold=True)
    two.column(
        LEFT,
        620,
        [
            "Table 1 shows that Zebra is better than BM25 by",
            "a wide margin on the Savanna collection, which",
            "holds two million passages about wild animals.",
            "The margin is smaller where questions are long.",
        ],
    )
    two.put(RIGHT, 720, "References", 12, bold=True)
    two.column(RIGHT, 700, ["A. Author. 2019. Giraffe ranking revisited.", "B. Writer. 2020. Hippo hashing at scale."])
    for number, sheet in enumerate((one, two), 1):
        sheet.put(300, 40, str(number), 9)
    if extra:
        two.stream += extra.stream
    return make_pdf(
        [one, two], f"/Title ({title}) /Author (Ada Lovelace; Alan Turing) /CreationDate (D:20250412101010Z)"
    )
