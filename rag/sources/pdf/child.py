"""The process in which a PDF is opened: reads an order on stdin, prints what it found as one JSON document.

It begins by giving up what it does not need: processor time, memory, files. A document that wants more is ended by the
operating system, and the parent says so.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.sources.pdf.limits import ADDRESS_BYTES, CPU_SECONDS, MEMORY_BYTES, NICE


def _give_up() -> None:
    """Take the limits; where the system knows none of a kind, the parent's clock remains."""
    import resource

    wanted = {
        "RLIMIT_CPU": CPU_SECONDS + 5,
        "RLIMIT_DATA": MEMORY_BYTES,
        "RLIMIT_AS": ADDRESS_BYTES,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
    }
    for name, most in wanted.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (most, most))
    with suppress(OSError):
        os.nice(NICE)


def _carried_out(order: dict[str, Any]) -> dict[str, Any]:
    from rag.sources.pdf.document import Refused, read

    path = Path(order["path"])
    try:
        if order["task"] == "read":
            return read(path, order["name"])
        from rag.sources.pdf.picture import picture

        image = picture(path, order["page"], order["quote"], order["scale"])
        return {"png": base64.b64encode(image.png).decode(), "marked": image.marked}
    except Refused as error:
        return {"refused": list(error.args)}
    except MemoryError:
        return {"refused": [f"needs more than {MEMORY_BYTES // 1_000_000} MB of memory", "Give another file of it."]}


def main() -> None:
    """Carry out the order."""
    order = json.load(sys.stdin)
    _give_up()
    print(json.dumps(_carried_out(order)))


if __name__ == "__main__":
    main()
