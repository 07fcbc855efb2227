"""What reading one PDF may cost. Imports nothing, so that parent and child agree on it for free."""

from __future__ import annotations

MAX_PAGES = 1_000
MAX_CHARS = 6_000_000
"""A book of a thousand pages has half as many."""
CPU_SECONDS = 60
WALL_SECONDS = 300
"""On a machine that is busy with other things: the child runs at low priority."""
MEMORY_BYTES = 480_000_000
ADDRESS_BYTES = 2_000_000_000
"""What the child may map: libraries and files among it, that take no memory."""
NICE = 10
