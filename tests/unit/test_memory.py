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


_PAGE = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
from rag import open_assistant
from rag.config import Config
from tests.support.papers import make_paper
from ui.web.base.work import Work
from ui.web.drawn.site import Site
from ui.web.host import serving
from rag.papers.readers.conversations import FILE_NAME, Conversations

def asked(client, question):
    "All that the page's stream says after a question is sent as the page sends it."
    config = client.get("/config").json()
    kinds = {one["id"]: one["type"] for one in config["components"]}
    sent = next(
        one for one in config["dependencies"]
        if [name for _, name in one["targets"]] == ["submit"] and len(one["inputs"]) == 3
        and kinds[one["inputs"][0]] == "textbox"
    )
    body = {"data": [question, {}, {}], "event_data": None, "fn_index": sent["id"], "session_hash": "one"}
    assert client.post("/gradio_api/queue/join", json=body | {"trigger_id": None}).status_code == 200
    return client.get("/gradio_api/queue/data?session_hash=one").text

programs = json.loads(sys.argv[2])
config = Config(data_dir=Path(sys.argv[1]), ui={"api": programs, "mcp": programs})
with serving._private_gradio(), open_assistant(config) as assistant:
    assistant.library.ingest([make_paper(title="Passage Net", abstract="Passage Net ranks passages by their words.")])
    serving._endpoints(config.ui)
    site = Site(assistant, Conversations(config.store(FILE_NAME)))
    app = serving._gradio_app(assistant, config, False, Work(), site)
    with TestClient(app) as client:
        told = asked(client, "How does Passage Net rank passages?")
        assert '"process_completed"' in told and '"success":true' in told and "2504.00001" in told, told
        if programs:
            data = ["How does Passage Net rank passages?", *[None] * 9]
            told = client.post("/gradio_api/run/ask", json={"data": data})
            assert told.status_code == 200 and "2504.00001" in told.text, told.text
assert "gradio" in sys.modules and "pandas" not in sys.modules and "pyarrow" not in sys.modules
"""


@pytest.mark.parametrize("programs", ["false", "true"])
def test_a_page_is_made_and_answers_without_the_package_for_tables(programs: str) -> None:
    """Nothing of a page is a table of Gradio's: 32 MiB that nobody looks at, and a fifth of a second of a start."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _PAGE, folder, programs]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


_PUT_OFF = """
import builtins, importlib.util, sys, threading
from pathlib import Path
from ui.web.host.unused import put_off
folder = Path(sys.argv[1])
for name, text in {
    "table/__init__.py": "from table.core import frame; from table.core.frame import F; __version__ = '0.0'",
    "table/core/__init__.py": "",
    "table/core/frame.py": "class F: pass",
    "table/core/other.py": "names = [2]",
    "uses.py": "import table as t\\ndef used(): return t.core.frame.F",
    "else_.py": "import table as t",
    "late.py": "import table as t",
}.items():
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
sys.path.insert(0, str(folder))
first = builtins.__import__
with put_off("table", {"uses", "late"}):
    import uses
    with put_off("other"):
        pass
    assert "table" not in sys.modules
    assert importlib.util.find_spec("table").name == "table", "who asks whether it is installed is told so"
    thread = threading.Thread(target=lambda: __import__("table.core.other"))
    thread.start()
    thread.join()
    from table.core.other import names
    import else_, late, table
assert builtins.__import__ is first
assert names == [2] and table.core.frame.F is sys.modules["table.core.frame"].F is table.F, "it is loaded once"
assert else_.t is table is sys.modules["table"] and late.t is table, "where it is loaded, it stays"
assert uses.t is not table and uses.used() is table.F and uses.t.__version__ == "0.0"

def forget():
    for name in [one for one in sys.modules if one.partition(".")[0] in ("table", "uses", "else_")]:
        del sys.modules[name]

forget()
try:
    with put_off("table", {"uses"}):
        import uses
        import else_
        assert else_.t is sys.modules["table"], "nobody else's import is put off"
        raise BufferError
except BufferError:
    assert builtins.__import__ is first
forget()
with put_off("table", {"uses"}):
    import uses
assert "table" not in sys.modules
assert uses.used() is sys.modules["table"].F, "it is loaded when it is used"
"""


def test_what_is_put_off_for_one_module_is_as_ever_for_all_others() -> None:
    """What a reader wires in may import it while the page is made, in whatever way; where it is loaded, it stays."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", _PUT_OFF, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
