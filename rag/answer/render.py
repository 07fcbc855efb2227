"""The extractive reply: checked quotes, or what there is to say without any → Markdown, part by part."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rag.answer.abstention import Decision
from rag.answer.citations import Checked
from rag.answer.draft import Apart, Draft, is_title
from rag.papers.shelf import Shelf
from rag.query import Question
from rag.retrieve.hybrid import HybridRetriever, distinct_papers
from rag.retrieve.sides import SIDE
from rag.text.grammar import joined, plural
from rag.text.markdown import escape, escape_line
from rag.text.readable import readable
from rag.types import AbstainReason, Citation, ClosestPaper, Filters, Passage
from rag.types.filters import DATES

APART: Mapping[Apart, str] = {
    "abstracts": "Neither abstract names the other, so neither says which is ahead. What each says of its own results:",
    "papers": "Neither paper names the other, so neither says which is ahead. What each says of its own results:",
    "mentioned": "One paper names the other, but no sentence was found in which it says which is ahead:",
}
"""Said before two papers of which it is asked which is ahead."""
CLOSEST = 3
"""Papers offered when nothing answers."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in words, part by part, and why it abstains where it does."""

    parts: tuple[str, ...]
    reason: AbstainReason | None = None
    closest: tuple[ClosestPaper, ...] = ()


def reply(
    retriever: HybridRetriever,
    understood: Question,
    passages: Sequence[Passage],
    decision: Decision,
    checked: Checked,
    draft: Draft,
) -> Reply:
    """Put the checked quotes, or what there is to say without any, into words.

    Args:
        retriever: Finds papers outside the filters where they leave none.
        understood: The question as it was read.
        passages: What was retrieved, best first.
        decision: Whether they answer.
        checked: The quotes that stand.
        draft: What was checked: what the answer before told already, and how many papers belong.
    """
    told, found = draft.told, draft.found
    groups = [render_group(group) for group in checked.groups]
    if told == "again" and groups and decision.reason is None:
        return Reply(("This was quoted before; nothing else in the abstract seems to answer it:", *groups))
    if told == "partly" and groups and decision.reason is None:
        return Reply(("Some of this was quoted before:", *groups))
    if told and decision.reason is None:
        besides = " What it says besides:" if groups else ""
        text = f"Nothing in the abstract seems to answer this but what was quoted before.{besides}"
        return Reply((text, *groups), "detail_absent", closest(passages))
    if groups and decision.reason is None:
        missing = (
            *_absent(understood),
            *_unfound(understood, passages),
            *((APART[draft.apart],) if draft.apart else ()),
        )
        above, below = _count(retriever, understood, checked, found), _more(understood, len(groups), found)
        if draft.rivals and len(groups) > 1:
            above, below = (f"Which paper is meant is not sure. The {len(groups)} closest:",), ()
        return Reply((*missing, *above, *_by_theme(groups, checked), *below))
    if groups:
        first = checked.groups[0][0]
        title, named = escape(readable(first.title)), is_title(first)
        marker = f" [{first.n}]" if named else ""
        lacks = f"“{title}”{marker} is about this, but its abstract does not tell."
        said = (lacks,) if named else (f"{lacks} What comes closest:", *groups)
        return Reply(said, "detail_absent", closest(passages))
    return _nothing(retriever, understood, passages)


def _nothing(retriever: HybridRetriever, understood: Question, passages: Sequence[Passage]) -> Reply:
    """That nothing answers, where was looked, and what comes close."""
    shelf, candidates = retriever.library.shelf, retriever.library.config.retrieval.candidates
    restricted = describe_filters(understood.filters, understood.papers)
    held = shelf.coverage()
    if understood.unread:
        words = joined([f"“{escape(text)}”" for text in understood.unread])
        example = held.last or "2025-05-31"
        return Reply((f"Not understood as a date: {words}. Write a day as {example}.",), "nothing_found")
    searched = held.papers - shelf.unindexed()
    scope = f"{plural(searched, 'paper')} {held.listed}"
    if restricted and not passages:
        text = f"No paper matches {restricted}. {_meant(shelf, understood)}The library holds {scope}."
        of_no_time = understood.selects and not understood.filters.without(DATES)
        if (understood.only_filters or understood.about) and (of_no_time or _names_nothing(shelf, understood)):
            return Reply((text,), "outside_range")  # nothing says what papers could be close to
        outside = retriever.search(understood.search_text, k=candidates)
        return offering(text, "Closest papers outside that", closest(outside), "outside_range")
    within = f", restricted to {restricted}" if restricted else ""
    text = f"Nothing in the library answers this. Searched: {scope}{within}."
    return offering(text, "Closest papers", closest(passages), "nothing_found")


def _names_nothing(shelf: Shelf, understood: Question) -> bool:
    """Whether an author or an id that the question is restricted to is nowhere in the library."""
    author, papers = understood.filters.author, understood.papers
    return bool((author and not shelf.select(Filters(author=author))) or (papers and not shelf.papers(papers)))


def _meant(shelf: Shelf, understood: Question) -> str:
    """Who may be meant by an author whom nobody knows."""
    found = [(name, len(shelf.select(Filters(author=name)) or ())) for name in understood.similar]
    names = [f"{escape(name)} ({plural(count, 'paper')})" for name, count in found]
    return f"Did you mean {' or '.join(names)}? " if names else ""


def _absent(understood: Question) -> tuple[str, ...]:
    """That what is asked about is compared with something that no paper holds."""
    if not understood.absent:
        return ()
    names = joined([f"“{escape(name)}”" for name in understood.absent])
    verb = "stands" if len(understood.absent) == 1 else "stand"
    return (f"{names} {verb} in none of these papers, so there is nothing here to compare with.",)


def _unfound(understood: Question, passages: Sequence[Passage]) -> tuple[str, ...]:
    """That nothing near enough was found for a side of a comparison."""
    found = {passage.scores.get(SIDE) for passage in passages}
    missing = [side.text for n, side in enumerate(understood.sides, 1) if n not in found]
    if not missing:
        return ()
    said = joined([f"“{escape(one)}”" for one in missing])
    return (f"No paper here is near enough to {said}, so only the rest of the comparison is shown.",)


def _count(retriever: HybridRetriever, understood: Question, checked: Checked, found: int) -> tuple[str, ...]:
    """What a list is, and of how many papers it shows some: of about how many, unless they were counted."""
    shown, shelf, wanted = len(checked.groups), retriever.library.shelf, understood.wanted
    if understood.kind != "list":
        return ()
    by_date = wanted.order or ("newest" if understood.selects else None)
    order = f", {by_date} first" if by_date and shown > 1 else ""
    if wanted.limit and by_date:
        return (f"The {f'{shown} {by_date} papers' if shown > 1 else f'{by_date} paper'} found:",)
    if understood.mention or understood.of_sort or understood.selects:
        allowed = shelf.select(understood.filters)
        fitting = understood.papers if allowed is None else allowed & (understood.papers or allowed)
        found = shelf.coverage().papers if fitting is None else len(fitting)
        found -= len(understood.left_out if fitting is None else fitting & understood.left_out)
    else:
        many = "How many there are cannot be told. " if understood.intent.kind == "count" else ""
        papers = "of these papers" if understood.picked else "papers" if shown > 1 else "paper"
        closest = f"{shown} closest {papers}" if shown > 1 else f"closest {papers}"
        closest = f"{shown} closest of about {found} papers on this" if found > shown > 1 else closest
        return (f"{many}The {closest}{order}:",)
    by_word = f" that {'mention' if found != 1 else 'mentions'} “{escape(understood.mention)}”"
    such = f"{plural(found, 'paper')}{by_word if understood.mention else ' found'}"
    return (f"The first {shown} of {such}{order}:" if found > shown else f"{such}{order}:",)


def _more(understood: Question, shown: int, found: int) -> tuple[str, ...]:
    """Below a list or a topic: how its days were read; and how many papers more are likely to be on a topic."""
    if understood.kind != "topic":
        return _counted_by(understood.filters) if understood.kind == "list" else ()
    many = f"About {plural(found - shown, 'more paper')} on this; dates or a narrower question show others."
    return (*((many,) if found > shown else ()), *_counted_by(understood.filters))


def _counted_by(filters: Filters) -> tuple[str, ...]:
    """By which of its days a paper is counted where days are wanted: not by those on which it was listed again."""
    days = first_listed(filters)
    again = "; those listed earlier and again in these days are left out" if filters.date_from else ""
    return (f"Only papers{days}{again}.",) if days else ()


def first_listed(filters: Filters) -> str:
    """The days of filters in words that follow "papers": `` first listed since 2025-10-01``; nothing without any."""
    first, last = filters.date_from, filters.date_to
    if first and last:
        return f" first listed on {first}" if first == last else f" first listed from {first} to {last}"
    since = f" first listed since {first}" if first else ""
    return f" first listed until {last}" if last else since


def _by_theme(groups: Sequence[str], checked: Checked) -> tuple[str, ...]:
    """The groups, the first of each theme below the theme's name."""
    parts: list[str] = []
    above = None
    for group, citations in zip(groups, checked.groups, strict=True):
        theme = checked.themes.get(citations[0].paper_id)
        parts.append(group if theme in (None, above) else f"### {escape(str(theme))}\n\n{group}")
        above = theme
    return tuple(parts)


def closest(passages: Sequence[Passage]) -> tuple[ClosestPaper, ...]:
    """The first papers of a ranking, to be offered instead of an answer."""
    nearest = distinct_papers(passages, CLOSEST)
    return tuple(ClosestPaper(paper_id=paper.paper_id, title=readable(paper.title)) for paper in nearest)


def offering(text: str, heading: str, closest: tuple[ClosestPaper, ...], reason: AbstainReason) -> Reply:
    """An abstention: what there is to say, and the closest papers below a heading."""
    if not closest:
        return Reply((text,), reason)
    names = "\n".join(f"- {escape(paper.title)} ({escape(paper.paper_id)})" for paper in closest)
    return Reply((text, f"{heading}:", names), reason, closest)


def describe_filters(filters: Filters, papers: Collection[str] | None = None) -> str:
    """The restrictions in words: ``reports from 2025-05-01 to 2025-05-31, author Lin``."""
    parts = list(filters.groups().values())
    if papers and filters.paper not in papers:
        parts.append(f"arXiv id {' or '.join(sorted(papers))}")
    return ", ".join(parts)


def render_group(citations: Sequence[Citation]) -> str:
    """One paper of an extractive answer: its title and day, then its quotes with their markers."""
    quotes = "\n>\n".join(f"> {escape_line(readable(citation.quote))} [{citation.n}]" for citation in citations)
    return f"{paper_heading(citations[0])}\n\n{quotes}"


def paper_heading(cited: Citation) -> str:
    """The line above the quotes of a paper: its title and day."""
    listed = f"{cited.when}, version {cited.version}" if cited.version > 1 else cited.when
    return f"**{escape(readable(cited.title))}** ({listed})"
