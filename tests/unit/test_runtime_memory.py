"""The models hold as much memory after many lengths of text as after few."""

from __future__ import annotations

import ctypes
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

_RELEASED = """
import ctypes
from rag.models.minilm import MiniLM
from rag.models.runtime import release_networks

def resident():
    ctypes.CDLL(None).malloc_trim(0)
    lines = open("/proc/self/smaps_rollup").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Anonymous:"))  # no mapped file

model = MiniLM.load(threads=1)
vector = model.get_text_embedding("bread " * 250)
before = resident()
release_networks()
print(before - resident())
assert model.get_text_embedding("bread " * 250) == vector
request = model._network._requests.get()
release_networks()  # one is running: nothing is done
model._network._requests.put(request)
assert model.get_text_embedding("bread " * 250) == vector
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_each_new_length_of_text_costs_no_memory() -> None:
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", _RUN], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 60  # MiB; without limits on kept kernels some 300


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="another C library"
)
def test_what_inferences_calculate_in_is_given_back() -> None:
    run = [sys.executable, "-W", "ignore", "-c", _RELEASED]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert float(done.stdout) > 10  # MiB
