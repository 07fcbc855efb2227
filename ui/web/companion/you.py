"""A reader's own page: interests in words, to be changed, what they want less of, all to take along or to forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rag.follow.asked import Asked
from rag.follow.profile import Interest, Profile, Standing
from rag.papers.readers.rewritten import Rewriting
from rag.types import Paper
from ui.edition.wording import title_of
from ui.foryou import gone_sentence, lessened, muted_papers, origin
from ui.learnt import origin_of
from ui.web.base import address
from ui.web.companion.foryou import sentence_form
from ui.web.html.rendering import EMPTY, element, join

NAMED = 3
"""Kept papers that are named of an interest; more are counted."""
LEARNT = 50
"""Rewritings that are shown; more are counted."""
_BEGIN = "Star a few papers that you like, or say in a sentence what you would like to read about."


@dataclass(frozen=True, slots=True)
class You:
    """What the page shows.

    Attributes:
        papers: All that are named and held, by id.
        problem: Why nothing can be kept; empty where all is well.
        learnt: What is searched for instead of the reader's questions, in the order in which it was learnt.
        unread: Why that cannot be shown; empty where all is well.
    """

    profile: Profile
    papers: Mapping[str, Paper]
    problem: str = ""
    learnt: Sequence[Rewriting] = ()
    unread: str = ""


def page(shown: Markup) -> Markup:
    """The whole page.

    Args:
        shown: From `body`, or `awaited`.
    """
    here = element("a", "For you", href="/today")
    said = ["What you star, put on lists, keep for later and write notes on tells what you read, and a little what "]
    said += ["you ask. ", here]
    said += [" is ranked by it."]
    title = element("h1", "Your profile", tabindex="-1")
    head = element("header", title, element("p", *said, class_="lead"), class_="top")
    return element("div", head, shown, class_="page you")


def body(you: You) -> Markup:
    """What the page shows below its heading."""
    main = element("div", _interests(you), _asked(you), _less(you), _muted(you), _gone(you), _learnt(you))
    side = element("aside", *_data(), aria_label="Your data")
    return element("div", main, side, class_="columns", data_part="you")


def awaited() -> Markup:
    """In place of that while the profile is worked out; the page's script asks for it."""
    return element("div", element("p", "One moment…", class_="hint"), data_whole="/view/yours")


def _interests(you: You) -> Markup:
    profile = you.profile
    rows = [_interest(one, you.papers) for one in profile.interests]
    why = you.problem or (_why(profile) if profile.standing is not Standing.KNOWN else "")
    return element(
        "section",
        element("h2", "Interests", tabindex="-1", data_focus=True),
        element("p", why, class_="hint") if why else EMPTY,
        element("ul", *rows, class_="rows") if rows else EMPTY,
        EMPTY if you.problem else sentence_form("you"),
        id="you-interests",
    )


def _why(profile: Profile) -> str:
    """Why there are no interests, without what is said of the papers that stand in their place."""
    return {
        Standing.NOTHING: f"Nothing is known yet. {_BEGIN}",
        Standing.ONLY_LESS: f"So far it is only known what you want less of. {_BEGIN}",
        Standing.GONE: f"The papers that you keep are no longer in the library. {_BEGIN}",
        Standing.MUTED: "You took out all interests that your kept papers tell of. They stand below.",
    }.get(profile.standing, profile.standing.sentence)


def _interest(one: Interest, papers: Mapping[str, Paper]) -> Markup:
    share = element("span", f"{one.weight:.0%}", class_="count")
    bar = element("i", style=f"width:{max(1, round(100 * one.weight))}%")
    if one.sentence:
        what = [sentence_form("you", one.sentence, one.key), element("p", "In your own words", share, class_="by")]
    else:
        what = [element("h3", one.words, share), element("p", *_origin(one, papers), class_="by")]
    what += [element("p", lessened(one), class_="by")] if one.less else []
    name = "Remove" if one.sentence else "Take out"
    out = _button(name, f"{name}: {one.words}", "/act/uninterest", key=one.key)
    bars = element("span", bar, class_="share", aria_hidden="true")
    return element("li", element("div", *what, bars, class_="what"), out, class_="row interest")


def _origin(one: Interest, papers: Mapping[str, Paper]) -> list[Markup | str]:
    newest = [paper_id for paper_id in reversed(one.kept) if paper_id in papers][:NAMED]
    links = [element("a", title_of(papers[paper_id]), href=address.paper(paper_id)) for paper_id in newest]
    more = f" · and {len(one.kept) - len(newest)} more" if len(newest) < len(one.kept) else ""
    words = origin(one, NAMED)
    return [f"{words[0].upper()}{words[1:]}{': ' * bool(links)}", join(links, " · "), more]


def _asked(you: You) -> Markup:
    """The questions that count, each to be taken out."""
    if not you.profile.asked.counting:
        return EMPTY
    said = "What answered these questions counts a little, as long as their conversations are there."
    rows = [
        _question(one, _button("Take out", f"Take out: {one.question}", "/act/uninterest", key=one.key))
        for one in reversed(you.profile.asked.counting)
    ]
    hint = element("p", said, class_="hint")
    return element("section", _title("Questions"), hint, element("ul", *rows, class_="rows"), id="you-asked")


def _question(one: Asked, does: Markup) -> Markup:
    return element("li", element("div", element("h3", one.question), class_="what"), does, class_="row")


def _less(you: You) -> Markup:
    if not you.profile.less:
        return EMPTY
    rows = [
        _row(paper_id, you, _button("Undo", f"Undo: less like {_name(paper_id, you)}", "/act/less", paper_id, on="off"))
        for paper_id in you.profile.less
    ]
    return element("section", _title("Less like these"), element("ul", *rows, class_="rows"), id="you-less")


def _muted(you: You) -> Markup:
    begun, asked = muted_papers(you.profile), you.profile.asked.taken_out
    if not (begun or asked):
        return EMPTY
    rows = [
        _question(one, _button("Undo", f"Undo: take out “{one.question}”", "/act/restore", key=one.key))
        for one in asked
    ]
    rows += [
        _row(
            paper_id, you, _button("Undo", f"Undo: take out what {_name(paper_id, you)} began", "/act/restore", key=key)
        )
        for key, paper_id in begun.items()
    ]
    hint = element("p", "Interests that began with these papers; the papers stay kept.", class_="hint")
    return element(
        "section", _title("Taken out"), hint if begun else EMPTY, element("ul", *rows, class_="rows"), id="you-muted"
    )


def _learnt(you: You) -> Markup:
    """What is searched for instead of questions, since it helped; each is forgotten on request."""
    title = _title("Questions in other words")
    if you.unread:
        return element("section", title, element("p", you.unread, class_="hint"), id="you-learnt")
    if not you.learnt:
        return EMPTY
    said = "These questions are searched for in the words below them, since that helped once."
    newest = you.learnt[: -LEARNT - 1 : -1]
    if len(newest) < len(you.learnt):
        said += f" The {len(newest)} newest of {len(you.learnt):,} are shown."
    rows = [
        element(
            "li",
            element("div", element("h3", one.question), element("p", f"{one.text} · {origin_of(one)}", class_="by")),
            _button("Remove", f"Remove: {one.question}", "/act/unrewrite", key=str(one.number)),
            class_="row",
        )
        for one in newest
    ]
    clear = _button("Clear all", "Clear all questions in other words", "/act/unrewrite", key="all")
    hint = element("p", said, class_="hint")
    return element("section", title, hint, element("ul", *rows, class_="rows"), clear, id="you-learnt")


def _title(text: str) -> Markup:
    return element("h2", text, tabindex="-1")


def _row(paper_id: str, you: You, does: Markup) -> Markup:
    name = _name(paper_id, you)
    shown = element("a", name, href=address.paper(paper_id), class_="title") if paper_id in you.papers else name
    return element("li", element("div", element("h3", shown), class_="what"), does, class_="row")


def _name(paper_id: str, you: You) -> str:
    paper = you.papers.get(paper_id)
    return title_of(paper) if paper else f"{paper_id}, no longer in the library"


def _gone(you: You) -> Markup:
    return element("p", gone_sentence(you.profile.gone), class_="hint") if you.profile.gone else EMPTY


def _button(text: str, label: str, post: str, papers: str = "", **data: str) -> Markup:
    fields = {f"data_{name}": value for name, value in data.items()}
    return element(
        "button",
        text,
        type="button",
        class_="quiet",
        aria_label=label,
        data_post=post,
        data_papers=papers or None,
        **fields,
    )


def _data() -> list[Markup]:
    """All of it as a file, and gone on request."""
    files = element(
        "ul",
        element("li", element("a", "The profile", href="/export/profile", download=True)),
        element("li", element("a", "All that you keep", href="/export/kept", download=True)),
    )
    own = "Your sentences, what you took out and want less of, and that what you asked counts. "
    own += "Stars, lists and notes stay, and count."
    all_of_it = "All your stars, papers for later and read, lists and notes, what you follow, answers in quizzes, "
    all_of_it += "questions in other words, and the profile. The papers and your conversations stay."
    return [
        element("h2", "Export as JSON"),
        files,
        element("h2", "Forget"),
        _forget("The profile…", own, "profile"),
        _forget("All that you keep…", all_of_it, "kept"),
    ]


def _forget(name: str, what: str, which: str) -> Markup:
    sure = element(
        "form",
        element("p", f"{what} There is no way back."),
        element("input", type="hidden", name="what", value=which),
        element("button", "Forget it", type="submit", class_="danger"),
        data_post="/act/forget",
    )
    return element("details", element("summary", name), sure, class_="removal")
