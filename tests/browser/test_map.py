"""The map in a real browser: moved, zoomed, pointed at, with a mouse, with keys and with a finger."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page, Route, expect

from tests.browser.driving import Tab
from ui.web.companion.map import drawing

NewTab = Callable[..., Tab]
PHONE: dict[str, object] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DRAWN_MS = 60_000
"""How long the first test waits for the map to be drawn on a busy machine."""
DOT = """() => {
  const edge = document.querySelector(".chart .canvas").getBoundingClientRect();
  const { camera, dots } = paperchatMap.shown();
  const { x, y, k } = camera();
  const [dx, dy] = dots(0);
  return [edge.left + edge.width / 2 + (dx - x) * k, edge.top + edge.height / 2 + (dy - y) * k];
}"""
"""Where the first paper is on the screen."""


def opened(new_tab: NewTab, **options: object) -> Page:
    page = new_tab("/map", **{"reduced_motion": "reduce", **options}).page
    expect(page.locator(".chart[data-drawn]")).to_be_visible(timeout=DRAWN_MS)
    return page


def scale(page: Page) -> float:
    return float(page.evaluate("paperchatMap.shown().camera().k"))


def test_a_mouse_zooms_names_a_paper_and_opens_it(new_tab: NewTab) -> None:
    page = opened(new_tab)
    before = scale(page)
    x, y = page.evaluate(DOT)
    page.mouse.move(x, y)
    tip = page.locator(".chart .tip")
    expect(tip.locator("a")).not_to_be_empty()
    page.mouse.wheel(0, -200)
    page.wait_for_function("before => paperchatMap.shown().camera().k > 1.2 * before", arg=before)
    title = tip.locator("a").inner_text()
    page.mouse.click(x, y)
    expect(page.locator("#view h1")).to_have_text(title)
    page.get_by_role("heading", name="More from this region").locator("xpath=..").get_by_role("link").click()
    expect(page.locator("#view .told .row", has_text=title)).to_be_visible()


def test_keys_move_name_and_open(new_tab: NewTab) -> None:
    page = opened(new_tab)
    page.get_by_role("application").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".chart .tip a")).not_to_be_empty()
    title = page.locator(".chart .tip a").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#view h1")).to_have_text(title)


def test_keys_name_the_region_while_its_papers_are_on_their_way(new_tab: NewTab) -> None:
    """As on the map of a large library, whose papers come by region."""

    def without_dots(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "dots": None})

    page = new_tab("/chat", reduced_motion="reduce").page
    page.route("**/view/chart?*", without_dots)
    page.route("**/view/chart/*", lambda route: route.fulfill(status=503, json={"problem": "Busy."}))
    page.goto(urljoin(page.url, "/map"))
    expect(page.locator(".chart[data-drawn]")).to_be_visible(timeout=DRAWN_MS)
    page.get_by_role("application").focus()
    page.keyboard.press("+")
    where = page.locator(".chart .where")
    expect(where).not_to_be_empty()
    names = page.locator(".told .regions a").all_inner_texts()
    assert where.inner_text().split(" / ")[0] in [*names, "Between regions"]
    page.unroute("**/view/chart/*")
    page.wait_for_timeout(5500)
    page.keyboard.press("+")
    expect(page.locator(".chart .tip a")).not_to_be_empty()
    expect(where).to_have_text(page.locator(".chart .tip a").inner_text())


def test_a_map_that_cannot_be_loaded_says_so_and_asks_no_more(new_tab: NewTab) -> None:
    page, asked = new_tab("/chat").page, []

    def refused(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, json={"problem": "Too many wait."})

    page.route("**/view/chart?*", refused)
    page.goto(urljoin(page.url, "/map"))
    expect(page.locator(".chart .where")).to_have_text("Too many wait.", timeout=DRAWN_MS)
    page.wait_for_timeout(2500)
    assert len(asked) == 1


def test_a_map_that_is_another_by_now_is_fetched_again(new_tab: NewTab) -> None:
    page, changed = new_tab("/chat", reduced_motion="reduce").page, [True]

    def once(route: Route) -> None:
        route.fulfill(json={}) if changed.pop() else route.continue_()
        changed.append(False)

    page.route("**/view/chart?*", once)
    page.goto(urljoin(page.url, "/map"))
    expect(page.locator(".chart[data-drawn]")).to_be_visible(timeout=DRAWN_MS)


def test_a_map_that_cannot_be_drawn_keeps_its_heading_and_says_why(new_tab: NewTab) -> None:
    page = opened(new_tab)
    page.goto(urljoin(page.url, "/library"))
    waiting = {"page": "map", "title": "Map", "html": str(drawing("1")), "path": "/map/1"}
    page.route("**/view/map", lambda route: route.fulfill(json=waiting))
    page.route("**/view/mapped/1", lambda route: route.fulfill(status=503, json={"problem": "Too many wait."}))
    link = page.locator("#site").get_by_role("link", name="Map", exact=True)
    link.click()
    expect(page.locator("#view [role=status]", has_text="Too many wait.")).to_be_visible()  # not the library's own
    expect(page.get_by_role("heading", name="Map", exact=True)).to_be_focused()
    page.unroute("**/view/mapped/1")
    link.click()
    expect(page.locator(".chart[data-drawn]")).to_be_visible()
    expect(page.locator("#view h1")).to_be_focused()
    expect(page).not_to_have_title("Map · paperchat")


def test_the_list_of_keys_has_those_of_the_map(new_tab: NewTab) -> None:
    page = opened(new_tab)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("open the paper in the middle")


def test_the_list_leads_to_a_region_and_back(new_tab: NewTab) -> None:
    page = opened(new_tab)
    before = scale(page)
    link = page.locator(".regions a").first
    name = link.inner_text()
    link.click()
    expect(page.locator("#view h1")).to_contain_text(name)
    expect(page.locator(".chart[data-drawn]")).to_be_visible()
    assert page.url.endswith("/map/1")
    page.go_back()
    expect(page.get_by_role("heading", name="Map", exact=True)).to_be_visible()
    assert scale(page) == before


def test_a_finger_names_a_paper_before_it_opens_it(new_tab: NewTab) -> None:
    page = opened(new_tab, **PHONE)
    x, y = page.evaluate(DOT)
    page.touchscreen.tap(x, y)
    tip = page.locator(".chart .tip a")
    expect(tip).not_to_be_empty()
    title = tip.inner_text()
    tip.tap()
    expect(page.locator("#view h1")).to_have_text(title)
