"""The quiz as HTML: questions to be answered with a click or a key, what is known of each topic, what to read next."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from rag.follow.quiz.examiner import Item
from rag.follow.quiz.gaps import GAP
from rag.follow.quiz.mastery import Advised, Mastery
from rag.follow.quiz.quiz import Quiz
from rag.text.grammar import plural
from rag.text.readable import readable
from ui.web.html import items
from ui.web.html.rendering import EMPTY, element, join, paper_link

FIELDS = ("paper", "list", "topic", "seed")
"""What the address of a quiz may say."""


_KNOWN = element("h2", "What you know", tabindex="-1", data_focus=True)


def page(
    fields: Mapping[str, str], lists: Sequence[str], known: Markup, problem: str = "", lost: Markup = EMPTY
) -> Markup:
    """The whole page; the questions come when they are found.

    Args:
        fields: What the quiz is about.
        lists: Names of the reader's lists.
        known: What the reader knows, drawn.
        problem: Why answers are not kept; empty where they are.
        lost: What stands in the place of the questions, where there is nothing to be asked about.
    """
    about = {name: fields[name] for name in FIELDS if fields.get(name)}
    waiting = element("p", "Looking for questions…", class_="lead", role="status")
    where = f"/view/questions-of-quiz?{urlencode(about)}"
    main = element(
        "div",
        element("header", element("h1", "What do you know?", tabindex="-1"), _lead(about), class_="top"),
        element("p", problem, class_="failure") if problem else EMPTY,
        _places(about, lists),
        lost or element("section", waiting, data_later=where, class_="questions"),
    )
    return element("div", element("div", main, known, class_="columns"), class_="page quiz")


def _lead(about: Mapping[str, str]) -> Markup:
    what = "the papers that you keep"
    if about.get("paper"):
        what = "one paper" if len(about["paper"].split()) == 1 else "these papers"
    elif about.get("list"):
        what = f"the papers of “{about['list']}”"
    if about.get("topic"):
        what = f"{what} on {about['topic']}" if about.get("list") else f"papers on {about['topic']}"
    said = f"Questions on {what}. Each answer is a quote. Choose with a click, or with 1 to 4."
    return element("p", said, class_="lead")


def _places(about: Mapping[str, str], lists: Sequence[str]) -> Markup:
    """What else may be asked about."""
    if not lists:
        return EMPTY
    links = [_place("All that you keep", {}, not about.get("list") and not about.get("paper"))]
    links += [_place(name, {"list": name}, about.get("list") == name) for name in lists]
    return element("ul", *links, class_="offers")


def _place(name: str, fields: Mapping[str, str], is_here: bool) -> Markup:
    return element("li", element("a", name, href=quiz_at(**fields), aria_current="true" if is_here else None))


def quiz_at(**fields: object) -> str:
    """The path of a quiz about something; empty fields are left out."""
    given = {name.rstrip("_"): str(value) for name, value in fields.items() if value}
    return f"/quiz?{urlencode(given)}" if given else "/quiz"


def questions(made: Quiz, fields: Mapping[str, str]) -> Markup:
    """The questions of a quiz, with what is to be said of their choice, and where more are."""
    notes = [element("p", text, class_="hint") for text in made.notes]
    asked = [asking(one, made.seed, number) for number, one in enumerate(made.items, start=1)]
    about = {name: fields.get(name, "") for name in FIELDS} | {"seed": str(made.seed + len(made.items))}
    more = element("p", element("a", "More questions", href=quiz_at(**about), class_="go"), class_="more-of")
    found = element("div", *notes, *asked, data_said=f"{plural(len(asked), 'question')}.")
    return join([found, more if made.items else EMPTY])


def asking(item: Item, seed: int, number: int) -> Markup:
    """A question with its options."""
    options = [
        element("li", _option(item, seed, number, place, option.text)) for place, option in enumerate(item.options)
    ]
    return element(
        "section",
        element("h2", f"{number}. {item.asked}"),
        _shown(item),
        element("ol", *options, class_="options"),
        class_="question",
        data_part="question",
    )


def _option(item: Item, seed: int, number: int, place: int, text: str) -> Markup:
    sent = {"item": item.item_id, "seed": str(seed), "number": str(number), "choice": str(place)}
    return element(
        "button",
        element("kbd", str(place + 1)),
        " ",
        element("span", _with_gap(text)),
        type="button",
        class_="option",
        data_post="/act/answer",
        data_fields=json.dumps(sent),
    )


def answered(item: Item, number: int, choice: int) -> Markup:
    """A question after it was answered: which option is right, the quote that says so, and its paper."""
    is_right = choice == item.right
    marked = []
    for place, option in enumerate(item.options):
        kind = "right" if place == item.right else "wrong" if place == choice else ""
        said = {"right": "right", "wrong": "your answer, wrong"}.get(kind, "")
        note = element("small", said) if said else EMPTY
        shown = [element("kbd", str(place + 1)), " ", element("span", _with_gap(option.text), note)]
        marked.append(element("li", element("div", *shown, class_=f"option {kind}".strip())))
    wrong = ["Wrong: it is ", element("q", _with_gap(item.options[item.right].text)), f", number {item.right + 1}."]
    verdict = ["Right."] if is_right else wrong
    source = element("p", paper_link(item.paper_id, readable(item.title)), f" · {item.topic.label}", class_="by")
    return element(
        "section",
        element("h2", f"{number}. {item.asked}"),
        element("ol", *marked, class_="options"),
        element("p", *verdict, class_=f"verdict {'right' if is_right else 'wrong'}", role="status", tabindex="-1"),
        element("blockquote", readable(item.quote)),
        source,
        class_="question answered",
        data_part="question",
    )


def known(found: Sequence[Mastery], advised: Sequence[Advised], marks: Mapping[str, Markup]) -> Markup:
    """What is known of each topic as a plot of bars, and what to read next."""
    if not found:
        hint = element("p", "After your first answers, what you know of each topic stands here.", class_="hint")
        return element("aside", _KNOWN, hint, data_part="known", aria_label="What you know")
    asked, right = sum(one.asked for one in found), sum(one.right for one in found)
    forget = element(
        "details",
        element("summary", "Forget my answers"),
        element("button", "Forget them", type="button", data_post="/act/unlearn"),
        class_="forget",
    )
    return element(
        "aside",
        _KNOWN,
        element("p", f"{right:,} of {plural(asked, 'answer')} right; the weakest topic first.", class_="hint"),
        element("ul", *map(_bar, found), class_="mastery"),
        _next(advised, marks),
        forget,
        data_part="known",
        aria_label="What you know",
    )


def _bar(one: Mastery) -> Markup:
    share = round(100 * one.chance)
    said = f"{one.topic.label}: known to {share}%, {one.right} of {one.asked} right"
    link = element("a", one.topic.label, href=quiz_at(topic=one.topic.label), title=f"Ask about {one.topic.label}")
    name = link if one.topic.tag else element("span", one.topic.label)
    bar = element(
        "span", element("i", style=f"width:{share}%"), class_="track", role="img", aria_label=said, title=said
    )
    return element("li", name, element("span", f"{share}%", class_="count", aria_hidden="true"), bar)


def _next(advised: Sequence[Advised], marks: Mapping[str, Markup]) -> Markup:
    if not advised:
        return EMPTY
    rows = (items.row(one.paper, one.reason, marks=marks.get(one.paper.paper_id, EMPTY)) for one in advised)
    return element("section", element("h2", "Read next"), items.listed(rows), class_="next")


def _shown(item: Item) -> Markup:
    return element("blockquote", _with_gap(item.shown)) if item.shown else EMPTY


def _with_gap(text: str) -> Markup:
    """A text whose gaps are drawn, and read out as such."""
    gap = element("span", element("span", "gap", class_="unseen"), class_="gap")
    return join(text.split(GAP), gap)


def offer(paper_id: str) -> Markup:
    """The link by which a paper's page leads to questions on it."""
    return element("a", "Quiz me on it", href=quiz_at(paper=paper_id))
