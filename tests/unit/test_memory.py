"""What a page gives back to the system, and what it does not do for nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from ui.web.host import memory


def test_memory_is_given_back_while_there_is_work_and_not_while_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = iter([2.0, 2.0, 2.5, 3.2, 3.2])  # processor seconds, asked for once a look and once after each giving
    given, seen = [], threading.Event()

    def process_time() -> float:
        found = next(spent, None)
        if found is None:
            seen.set()
            return 3.2
        return found

    monkeypatch.setattr(time, "process_time", process_time)
    with memory.given_back(pace_s=0.01, give=lambda: given.append(True)):
        assert seen.wait(10)
        time.sleep(0.1)
    assert len(given) == 2


def test_all_that_is_free_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(memory, "release_networks", lambda: done.append("networks"))
    monkeypatch.setattr(memory, "_trim", lambda: done.append)
    memory.give_back()
    assert done == ["networks", 0]
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()


_MANY_THREADS = """
import ctypes, sys, threading
from ui.web.host.memory import hold_together
if sys.argv[1] == "few":
    assert hold_together() is (sys.argv[2:] == [])
ready, done, malloc = threading.Barrier(9), threading.Event(), ctypes.CDLL(None).malloc
def take():
    malloc(1000)  # its first call in a thread chooses the place
    ready.wait()
    done.wait()
for _ in range(8):
    threading.Thread(target=take, daemon=True).start()
ready.wait()
libc = ctypes.CDLL(None)
libc.malloc_info.argtypes, libc.fopen.restype, libc.fopen.argtypes = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p, [
    ctypes.c_char_p, ctypes.c_char_p]
libc.fclose.argtypes = [ctypes.c_void_p]
import os, tempfile
with tempfile.NamedTemporaryFile() as out:
    stream = libc.fopen(out.name.encode(), b"w")
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(open(out.name).read().count("<heap nr="))
"""


def arenas(*arguments: str, **environ: str) -> int:
    """Places that glibc hands out memory from in a process whose eight threads took some."""
    command = [sys.executable, "-c", _MANY_THREADS, *arguments]
    own = {name: value for name, value in os.environ.items() if name not in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")}
    done = subprocess.run(command, capture_output=True, text=True, env=own | environ, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_threads_take_memory_from_few_places_unless_somebody_chose_a_number() -> None:
    assert arenas("many") > memory.ARENAS
    assert arenas("few") <= memory.ARENAS
    assert arenas("few", "chosen", MALLOC_ARENA_MAX="4") == 4


_LARGE = """
import ctypes, sys
from ui.web.host.memory import hold_together
if sys.argv[1] == "apart":
    hold_together()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks".split()]
    _fields_ += [("fordblks", ctypes.c_int), ("keepcost", ctypes.c_int)]
libc.mallinfo.restype = Info
libc.free(libc.malloc(4 << 20))
before = libc.mallinfo().hblkhd
libc.malloc(4 << 20)
print(libc.mallinfo().hblkhd - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
@pytest.mark.parametrize(
    ("how", "environ", "apart"),
    [("apart", {}, True), ("as it is", {}, False), ("apart", {"MALLOC_MMAP_THRESHOLD_": "33000000"}, False)],
)
def test_large_blocks_stay_apart_also_after_one_was_freed(how: str, environ: dict[str, str], apart: bool) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run(
        [sys.executable, "-c", _LARGE, how], capture_output=True, text=True, env=own | environ, check=True
    )
    assert (int(done.stdout) >= 4 << 20) is apart


def test_a_page_is_made_without_the_package_for_tables() -> None:
    """Nothing of a page is a table of Gradio's: 32 MiB that nobody looks at, and a fifth of a second of a start."""
    code = """
import sys
from pathlib import Path
from rag import open_assistant
from rag.config import Config
from ui.web.base.work import Work
from ui.web.drawn.site import Site
from ui.web.host import serving
from rag.papers.readers.conversations import FILE_NAME, Conversations
config = Config(data_dir=Path(sys.argv[1]))
with serving._private_gradio(), open_assistant(config) as assistant:
    site = Site(assistant, Conversations(config.store(FILE_NAME)))
    serving._gradio_app(assistant, config, False, Work(), site)
assert "gradio" in sys.modules and "pandas" not in sys.modules and "pyarrow" not in sys.modules
"""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_put_off_is_there_when_it_is_used() -> None:
    """What a reader wires in may import it while the page is served; where it is loaded already, it stays."""
    code = """
import inspect, sys
from pathlib import Path
from ui.web.host.unused import put_off
folder = Path(sys.argv[1])
(folder / "table").mkdir()
(folder / "table/__init__.py").write_text("__version__ = '0.0'; frame = [1]")
(folder / "table/parts.py").write_text("names = [2]")
(folder / "uses.py").write_text("import table as t\\ndef used(): return t.frame")
sys.path.insert(0, str(folder))
with put_off("table"):
    import uses
    inspect.getmodule(lambda: 0, "nowhere.py")  # looks at every module there is
    assert not hasattr(uses.t, "__all__")
    assert sys.modules["table"] is uses.t, "looking loads nothing"
assert "table" not in sys.modules
import table
assert uses.used() is table.frame and uses.t.__version__ == "0.0"
with put_off("table"):
    assert sys.modules["table"] is table
del sys.modules["table"]
with put_off("table"):
    from table.parts import names
    import table as now
assert names == [2] and now.frame == [1] and sys.modules["table"] is now
"""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
