"""What readers do with the companion beside asking (docs/companion.md), and whether it did what it is for.

Each deed is done for a reader whom nobody else sees, with files of her own that are deleted afterwards; the library's
readers stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rag.answer.suggestions import standalone
from rag.follow.profile import profile_of
from rag.follow.quiz.mastery import PRIOR, mastery_of, next_to_read
from rag.follow.quiz.quiz import Quizmaster
from rag.follow.reasons import reasons
from rag.follow.recommendation import recommend
from rag.follow.rewrites import Rewrites
from rag.follow.space import space_of
from rag.follow.surprise import surprise
from rag.papers.readers.answered import Answered
from rag.papers.readers.conversations import Conversations
from rag.papers.readers.kept import Kept
from rag.query.dialogue.rewriting import REMEMBERED
from rag.text.readable import readable
from rag.themes.map import Cartographer
from rag.topics.best.choice import choose, in_order, read
from rag.types import Done, Filters, Turn

if TYPE_CHECKING:
    from eval.readers.goals import Aim
    from eval.readers.material import Material
    from rag.assistant import Assistant

SHOWN, FURTHER = 10, 20
"""Papers that she looks at, and where she wants less of a kind."""
COMES_UP = 3
"""Papers of a subject that come up at least, where there are as many."""
LESSENED = 0.5
"""Of the papers of a kind, at most such a share after less of it was wanted."""
QUESTIONS = 2
"""Questions of a quiz."""
_SOMEBODY = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a reader did, the papers that she was shown, and why it was not what it is for (a key of `WHY`) or empty."""

    said: str
    shown: tuple[str, ...]
    why: str = ""


class Companion:
    """Does what readers want of the companion."""

    def __init__(self, assistant: Assistant, material: Material) -> None:
        self._assistant = assistant
        self._library = assistant.library
        self._material = material

    def do(self, aim: Aim) -> Deed:
        """Do what an aim wants, once: the same deed has the same end."""
        return DEEDS[aim.kind](self, aim)

    def typed(self, aim: Aim) -> Deed:
        """Type an interest; papers of the subject come first, though nothing is kept."""
        with _reader() as (kept, _):
            kept.add_interest(_SOMEBODY, f"Papers on {aim.subject}")
            shown = self._ranked(kept, SHOWN)
        enough = self._of(aim.tag, shown) >= min(COMES_UP, len(aim.must))
        return Deed(f"interest: papers on {aim.subject}", shown, "" if enough else "not_recommended")

    def lessened(self, aim: Aim) -> Deed:
        """Want less like the first paper of a subject; most of that subject are gone from the next twenty."""
        with _reader() as (kept, _):
            kept.star(_SOMEBODY, aim.papers)
            before = self._ranked(kept, FURTHER)
            unwanted = next((one for one in before if self._material.belongs(one, aim.tag)), "")
            kept.less(_SOMEBODY, [unwanted] if unwanted else [])
            shown = self._ranked(kept, FURTHER)
        fewer = bool(unwanted) and self._of(aim.tag, shown) <= LESSENED * self._of(aim.tag, before)
        return Deed(f"less like {unwanted or 'nothing'}", shown, "" if fewer else "not_less")

    def explained(self, aim: Aim) -> Deed:
        """Read why papers are shown: each reason's words stand there and name what she keeps, and no rank changes."""
        with _reader() as (kept, _):
            kept.star(_SOMEBODY, aim.papers)
            profile = profile_of(self._library, kept, _SOMEBODY)
            ranked = recommend(self._library, profile, most=SHOWN)
            told = reasons(self._library, profile, ranked)
            again = recommend(self._library, profile_of(self._library, kept, _SOMEBODY), most=SHOWN)
        is_told = ranked == again
        for one in filter(None, told.values()):
            paper = self._library.paper(one.paper_id)
            quote = paper.text[one.start : one.end]
            is_told &= quote in paper.abstract and one.both_on in readable(quote) and one.kept_id in aim.papers
        said = f"★ {', '.join(aim.papers)}, and why?"
        return Deed(said, tuple(one.paper_id for one in ranked), "" if is_told else "unexplained")

    def surprised(self, aim: Aim) -> Deed:
        """Ask for something else: there is something, and it is not of the subject of what she keeps."""
        with _reader() as (kept, _):
            kept.star(_SOMEBODY, aim.papers)
            found = surprise(self._library, profile_of(self._library, kept, _SOMEBODY))
        shown = tuple(one.paper_id for one in found)
        is_apart = bool(shown) and not self._of(aim.tag, shown)
        return Deed(f"★ {', '.join(aim.papers)}, surprise me", shown, "" if is_apart else "no_surprise")

    def found_on_map(self, aim: Aim) -> Deed:
        """Look for a paper on the map: every region of its code holds it, and its neighbours there are near to it."""
        drawn, space = Cartographer(self._library).map(), space_of(self._library)
        code = drawn.code_of(aim.paper) or ()
        regions = [drawn.members(code[:n]) for n in range(1, len(code) + 1)]
        near = space.vectors @ space.vectors[space.row[aim.paper]]
        beside = [one for one in regions[-1] if one != aim.paper] if regions else []
        is_near = not beside or near[space.rows(beside)].mean() > near.mean()
        is_there = bool(regions) and all(aim.paper in one for one in regions)
        return Deed(f"{aim.paper} on the map", tuple(beside[:SHOWN]), "" if is_there and is_near else "off_map")

    def suggested(self, aim: Aim) -> Deed:
        """Take the first question that is suggested of some papers; its paper answers it, by the sentence meant."""
        for paper_id in aim.papers:
            for one in standalone(self._assistant.engine.scores, self._assistant.retriever, paper_id)[:1]:
                cited = self._assistant.answer(one.question).citations
                meant = any(
                    n.paper_id == paper_id == cited[0].paper_id and n.start < one.end and one.start < n.end
                    for n in cited
                )
                shown = tuple(dict.fromkeys(n.paper_id for n in cited))
                return Deed(one.question, shown, "" if meant else "not_answered")
        return Deed(f"a question of {', '.join(aim.papers)}", (), "no_suggestion")

    def best(self, aim: Aim) -> Deed:
        """Ask for the best paper on a subject; it is read as that, the first is of it, and labels make the order."""
        request = f"What is the best paper on {aim.subject}?"
        engine = self._assistant.engine
        found = choose(engine, read(engine, request))
        shown = tuple(row.paper.paper_id for row in found.rows)
        is_read = any(one.kind == "subject" for one in found.asked.wish.criteria)
        in_turn = list(found.rows) == in_order(found.rows, newest=found.asked.wish.newest)
        fits = bool(shown) and is_read and in_turn and bool(self._of(aim.tag, shown[:1]))
        return Deed(request, shown[:SHOWN], "" if fits else "not_best")

    def remembered(self, aim: Aim) -> Deed:
        """Follow up, find it good, ask again: what it was read as is used at once, until it is found bad."""
        first, then = f"How does {aim.subject} work?", "And what are the results?"
        with _reader() as (_, folder), closing(Conversations(folder / "conversations.sqlite")) as talks:
            rewrites = Rewrites(folder / "rewrites.sqlite")
            with closing(rewrites):
                talk = talks.start(_SOMEBODY, first)
                begun = self._assistant.answer(first)
                talks.add(_SOMEBODY, talk, first, Filters(), begun.answer, begun)
                history = (Turn(role="user", content=first), Turn(role="assistant", content=begun.answer))
                one = self._assistant.answer(then, history)
                exchange = talks.add(_SOMEBODY, talk, then, Filters(), one.answer, one)
                rewrites.helped(_SOMEBODY, exchange, talks)
                recalled, _ = rewrites.recall(_SOMEBODY, then, history)
                *_, last = self._assistant.engine.stream(then, history, recalled=recalled)
                rewrites.unlearn(_SOMEBODY, exchange)
                is_gone = rewrites.recall(_SOMEBODY, then, history)[0] is None
        again = last.answer if isinstance(last, Done) else one
        is_used = any(note.code == REMEMBERED for note in again.notes)
        shown = tuple(dict.fromkeys(n.paper_id for n in again.citations))
        same = shown[:1] == tuple(n.paper_id for n in one.citations[:1])
        return Deed(f"{first} {then} ×2", shown, "" if is_used and same and is_gone else "not_remembered")

    def quizzed(self, aim: Aim) -> Deed:
        """Answer a quiz on what she keeps, the first question rightly and wrongly: what is known rises, then falls."""
        with _reader() as (kept, folder), closing(Answered(folder / "answered.sqlite")) as answered:
            kept.star(_SOMEBODY, aim.papers)
            master = Quizmaster(self._library, kept, answered)
            items = master.quiz(_SOMEBODY, most=QUESTIONS, seed=0).items
            if not items:
                return Deed(f"quiz on {', '.join(aim.papers)}", (), "no_quiz")
            item, chances = items[0], [PRIOR]
            for choice in (item.right, (item.right + 1) % len(item.options)):
                master.answer(_SOMEBODY, item, choice)
                known = {one.topic.tag: one.chance for one in mastery_of(master.answers(_SOMEBODY))}
                chances.append(known[item.topic.tag])
            advised = next_to_read(self._library, kept, _SOMEBODY, master.answers(_SOMEBODY))
        shown = tuple(one.paper.paper_id for one in advised)
        follows = chances[0] < chances[1] > chances[2] and not set(shown) & set(aim.papers)
        follows &= item.options[item.right].text in item.quote or not item.shown  # a gap's answer stands in the quote
        return Deed(f"{item.asked} {item.shown}".strip(), shown, "" if follows else "mastery")

    def _ranked(self, kept: Kept, most: int) -> tuple[str, ...]:
        profile = profile_of(self._library, kept, _SOMEBODY)
        return tuple(one.paper_id for one in recommend(self._library, profile, most=most))

    def _of(self, tag: str, papers: Sequence[str]) -> int:
        return sum(self._material.belongs(one, tag) for one in papers)


@contextmanager
def _reader() -> Iterator[tuple[Kept, Path]]:
    """A reader of whom nothing is kept, and the folder of her files."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with closing(Kept(folder / "kept.sqlite")) as kept:
            yield kept, folder


DEEDS: dict[str, Callable[[Companion, Aim], Deed]] = {
    "typed": Companion.typed,
    "lessened": Companion.lessened,
    "explained": Companion.explained,
    "surprised": Companion.surprised,
    "mapped": Companion.found_on_map,
    "suggested": Companion.suggested,
    "best": Companion.best,
    "remembered": Companion.remembered,
    "quizzed": Companion.quizzed,
}
"""Kinds of aims that are done and not asked."""
