"""What the server answers at the page's addresses, and what it does for a reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.config import Config
from rag.index.library import Library
from tests.support.page_server import served, users
from tests.support.papers import make_paper

BROWSER = {"Accept": "text/html"}
OLD = "hep-th/9901001"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("addresses")
    rows = [
        make_paper("2504.00001", "Weighing Elephants", "We weigh elephants.", ("Ada Ling",), "2025-04-10"),
        make_paper("2504.00002", "Counting Elephants", "We count elephants.", ("Ada Ling", "Bo Ray"), "2025-04-11"),
        make_paper(OLD, "Strings", "We pull strings.", ("Cy Dee",), "2025-04-11"),
    ]
    with Library(Config(data_dir=folder)) as library:
        library.ingest(rows)
    with served(folder) as url:
        yield url


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/", 200, "Today"),
        ("/today", 200, "Today"),
        ("/day/2025-04-10", 200, "10 Apr 2025"),
        ("/day/2025-04-09", 404, "Nothing is here"),
        ("/day/yesterday", 404, "Nothing is here"),
        ("/paper/2504.00001", 200, "Weighing Elephants"),
        ("/paper/arXiv:2504.00001v2", 200, "Weighing Elephants"),
        (f"/paper/{OLD}", 200, "Strings"),
        ("/paper/2504.99999", 404, "Nothing is here"),
        ("/paper/../../etc/passwd", 404, "Nothing is here"),
        ("/paper/%3Cscript%3E", 404, "Nothing is here"),
        ("/library?words=elephants", 200, "elephants · Library"),
        ("/library?list=nosuch", 404, "Library"),
        ("/library?keep=nosuch", 404, "Library"),
        (f"/library?list={'long' * 99}", 404, "Library"),
        ("/library?from=nosuch", 200, "Library"),
        ("/quiz", 200, "Quiz"),
        ("/quiz?list=nosuch", 404, "Quiz"),
        (f"/quiz?list={'long' * 99}", 404, "Quiz"),
        ("/chat", 200, "Chat"),
        ("/topic/strings", 200, "strings"),
        ("/topic/weighing%20elephants", 200, "weighing elephants"),
        ("/topic/cheese%20making%20in%20the%20Alps", 404, "Nothing is here"),
        ("/topic/%3F%21", 404, "Nothing is here"),
        ("/topic/elephants%FF", 404, "Nothing is here"),
        (f"/topic/{'elephants%20' * 900}", 404, "Nothing is here"),
        ("/setup", 200, "Setup"),
        ("/conversation/none", 404, "Nothing is here"),
        ("/nonsense", 404, "Nothing is here"),
        ("/monitoring", 404, "Nothing is here"),
    ],
)
def test_every_address_has_a_status_and_a_title(address: str, path: str, status: int, title: str) -> None:
    answer = httpx.get(address + path, headers=BROWSER)
    assert answer.status_code == status
    assert f"<title>{title} · paperchat</title>" in answer.text
    is_drawn = " data-drawn " in answer.text.partition("<head>")[0]
    assert ("<gradio-app" in answer.text) is not is_drawn, "its scripts come when a drawn page is painted"
    assert "<script>alert" not in answer.text
    if status == 404 and path.startswith(("/library", "/quiz")):
        assert 'role="alert"' in answer.text
        assert "`" not in answer.text.partition('role="alert"')[2].partition("</p>")[0], "a command is marked as one"
    elif status == 404 and not path.startswith("/day"):
        assert 'placeholder="Search titles and abstracts"' in answer.text


def test_a_topic_that_is_not_there_stands_in_the_search_box(address: str) -> None:
    shown = httpx.get(f"{address}/view/topic/cheese%20%22%3Ci%3E")
    assert shown.status_code == 404
    html = shown.json()["html"]
    assert "No paper in this library is about “cheese &#34;&lt;i&gt;”." in html
    assert 'value="cheese &#34;&lt;i&gt;"' in html


def test_programs_are_told_of_nothing_in_plain_text(address: str) -> None:
    assert httpx.get(f"{address}/nonsense").text == "There is nothing here."


def act(url: str, name: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    return httpx.post(f"{url}/act/{name}", json=fields, headers=headers)


def test_what_is_kept_is_drawn_and_counted(address: str) -> None:
    assert act(address, "star", papers="2504.00001", on="on").json()["pressed"] is True
    assert act(address, "list", papers="2504.00001 2504.00002", list="a / <b>").json()["said"] == "On “a / <b>” now."
    shown = httpx.get(f"{address}/view/library").json()["html"]
    assert 'href="/library?keep=starred"' in shown
    assert 'href="/library?list=a+%2F+%3Cb%3E"' in shown
    assert act(address, "list", papers="2504.00001", list="a / <b>", on="off").status_code == 200
    html = httpx.get(f"{address}/view/library", params={"list": "a / <b>"}).json()["html"]
    assert "Counting Elephants" in html
    assert "Weighing" not in html
    assert act(address, "star", papers="2504.00001", on="off").json()["pressed"] is False


def test_a_note_is_written_over_only_by_whoever_read_it(address: str) -> None:
    def write(text: str, revision: str) -> dict[str, object]:
        said: dict[str, object] = act(address, "note", papers=OLD, text=text, revision=revision).json()
        return said

    assert write("One.", "0")["said"] == "Note saved."
    refused = write("Two.", "0")
    assert "elsewhere" in str(refused["problem"])
    assert "One." in str(refused["parts"])
    assert "Two." in str(refused["parts"])
    assert "most" in str(write("x" * 100_001, "1")["problem"])
    assert act(address, "note", papers=OLD, text="y" * 2_000_000).status_code == 413


@pytest.mark.parametrize("name", ["nonsense", "star", "remove", "list", "fetch"])
def test_an_action_that_names_nothing_is_refused(address: str, name: str) -> None:
    answer = act(address, name)
    assert answer.status_code in (400, 404)
    assert answer.json()["problem"]


def test_actions_are_no_other_sites_business(address: str) -> None:
    assert act(address, "star", {"Origin": "http://evil.example"}, papers="2504.00001").status_code == 403
    assert httpx.post(f"{address}/act/star", content=b"[1").status_code == 400


def test_papers_leave_in_every_bibliography_form(address: str) -> None:
    for form, mark in (("bibtex", "@misc"), ("ris", "TY  - "), ("csl", '"title"'), ("md", "- ")):
        answer = httpx.get(f"{address}/export/{form}", params={"paper": "2504.00001 2504.00002"})
        assert answer.text.count(mark) >= 2
        assert "attachment" in answer.headers["content-disposition"]
    assert httpx.get(f"{address}/export/exe").status_code == 404


def test_parts_come_later(address: str) -> None:
    similar = httpx.get(f"{address}/view/similar/2504.00001").json()["html"]
    assert "Counting Elephants" in similar
    assert "Weighing Elephants" not in similar
    lines = httpx.get(f"{address}/view/lines", params={"papers": "2504.00001 none"}).json()
    assert lines == {"2504.00001": "We weigh elephants."}
    assert httpx.get(f"{address}/view/questions/none").status_code == 400


def test_readers_keep_apart_and_come_back_to_the_address(tmp_path: Path) -> None:
    with Library(Config(data_dir=tmp_path)) as library:
        library.ingest([make_paper("2504.00001", "Weighing Elephants")])
    with served(tmp_path, known=users(ada="engine", bob="builder")) as url:
        led = httpx.get(f"{url}/paper/2504.00001?x=1", headers=BROWSER)
        assert led.headers["location"] == "/login?next=%2Fpaper%2F2504.00001%3Fx%3D1"
        assert act(url, "star", papers="2504.00001").status_code == 401
        ada, bob = (httpx.Client(base_url=url, auth=pair) for pair in (("ada", "engine"), ("bob", "builder")))
        with ada, bob:
            ada.post("/act/note", json={"papers": "2504.00001", "text": "Ada's.", "revision": "0"})
            assert "Ada&#39;s." in ada.get("/view/paper/2504.00001").json()["html"]
            assert "Ada&#39;s." not in bob.get("/view/paper/2504.00001").json()["html"]
