"""The models hold as much memory after many lengths of text as after few."""

from __future__ import annotations

import subprocess
import sys

import pytest

_RUN = """
from rag.models.minilm import MiniLM

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

model = MiniLM.load(threads=1)
for length in range(2, 40):
    model.get_text_embedding("bread " * length)
few = resident()
for length in range(40, 160):
    model.get_text_embedding("bread " * length)
print(resident() - few)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_each_new_length_of_text_costs_no_memory() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _RUN], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 60  # MiB; without limits on kept kernels some 300
