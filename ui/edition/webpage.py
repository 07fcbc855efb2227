"""An edition as one self-contained HTML page: Jinja2 escapes every text, and nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from rag.sources.files import DIGEST
from rag.text.differences import Difference
from rag.text.readable import readable
from ui.edition import Edition
from ui.edition.wording import address, brought_lines, heading, lead, people, revised, stretches, title_of


def page(edition: Edition) -> str:
    """The page's file."""
    environment = Environment(
        loader=PackageLoader("ui.edition"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "address": address,
        "brought_lines": brought_lines,
        "changes": _changes,
        "people": people,
        "readable": readable,
        "revised": revised,
        "title_of": title_of,
    }
    template = environment.get_template("digest.html.j2")
    digest = Markup(DIGEST.decode())  # ours, no reader's words
    return template.render(edition=edition, heading=heading(edition), lead=lead(edition), digest=digest) + "\n"


def _changes(found: Sequence[Difference]) -> Markup:
    """The changed places as `del` and `ins`."""
    return Markup(stretches(found, escape, Markup("<del>{}</del>").format, Markup("<ins>{}</ins>").format))
