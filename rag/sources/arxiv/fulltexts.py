"""Full texts: a version's PDF, checked and stored below the data folder, each once."""

from __future__ import annotations

from pathlib import Path

from rag.errors import FetchError
from rag.sources.arxiv.connection import Absent, Connection, Reply, TooLarge, Unusable
from rag.sources.files import FULL_TEXTS

_KINDS = {"application/pdf", "application/x-pdf", "application/octet-stream", ""}
_TAIL = 2048
"""A PDF's last bytes hold its end mark."""


class NotAvailable(FetchError):
    """arXiv gives no PDF of this version; others may be had."""


def path_of(data_folder: Path, paper_id: str, version: int) -> Path:
    """Where a version's PDF lies: ``pdfs/2504.05309v2.pdf``, ``pdfs/hep-th_9901001v1.pdf``."""
    return data_folder / FULL_TEXTS / f"{paper_id.replace('/', '_')}v{version}.pdf"


def download(connection: Connection, paper_id: str, version: int) -> Path | None:
    """Download a version's PDF unless it is there.

    Args:
        connection: To arXiv.
        paper_id: arXiv's id, as a feed gave it.
        version: arXiv's number of the version, from 1.

    Returns:
        The file, or None where it was there before.

    Raises:
        NotAvailable: arXiv has none, or gives something else instead, or one that is too large.
        FetchError: arXiv fails.
    """
    path = path_of(connection.folder, paper_id, version)
    if path.exists():
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    name = f"{paper_id}v{version}"
    try:
        connection.download(f"{connection.settings.pdf_url}/{name}", _check, path)
    except Absent:
        raise NotAvailable(f"arXiv has no PDF of {name}.") from None
    except TooLarge as error:
        raise NotAvailable(error.message, error.advice) from None
    return path


def _check(reply: Reply) -> None:
    """Refuse what is no whole PDF."""
    if reply.kind not in _KINDS or not reply.content.lstrip().startswith(b"%PDF-"):
        raise NotAvailable(f"arXiv gives {reply.kind or 'something else'} instead of a PDF.")
    if b"%%EOF" not in reply.content[-_TAIL:]:
        raise Unusable("the PDF is cut off")
