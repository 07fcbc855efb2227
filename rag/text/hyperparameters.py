"""What settings of a training are called by their short names: "LR: 2e-5" is a learning rate.

Full texts never spell these names out, and readers ask for them in full. Only what stands before a value, or before
what changes one, is meant: LR is a logistic regression elsewhere.
"""

from __future__ import annotations

import re

NAMES = {
    "lr": "learning rate",
    "bs": "batch size",
    "bsz": "batch size",
    "wd": "weight decay",
    "dim": "dimension",
    "max len": "maximum length",
    "max seq len": "maximum sequence length",
    "num epochs": "number of epochs",
    "num layers": "number of layers",
}
"""Short names, with a space for a space, hyphen or underscore, in any case."""
_SHORT = "|".join(re.escape(name).replace(r"\ ", "[ _-]") for name in sorted(NAMES, key=len, reverse=True))
_BEFORE_VALUE = re.compile(
    rf"(?<![\w.-])(?P<name>{_SHORT})(?=\s*(?:[:=|]|of|is|was)?\s*[\d{{]|\s+(?:schedul|decay|warm-?up))", re.I
)


def spelt_out(text: str) -> str:
    """A text with the short names of settings written in full, where a value follows."""
    return _BEFORE_VALUE.sub(lambda found: NAMES[re.sub(r"[ _-]", " ", found["name"].lower())], text)
