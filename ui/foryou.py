"""What is put before one reader, in the same words on every face: papers for them, why, and why there are none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rag.follow.asked import Asked
from rag.follow.profile import Interest, Profile, Standing
from rag.follow.reasons import Reason
from rag.follow.recommendation import Recommendation, recommend
from rag.follow.surprise import Surprise
from rag.index.library import Library
from rag.papers.readers.interests import OF_A_PAPER
from rag.papers.readers.kept import Kept
from rag.text.grammar import plural
from rag.types import Paper
from ui.edition.wording import title_of

FEW = 8
"""Papers of which a first visit shows at least so many, from as many days as it takes, within `LOOK_BACK`."""
LOOK_BACK = timedelta(days=6)

NO_SURPRISE = "Nothing here is unlike what you keep, new to you, and still near to an interest of yours."
_NONE_LEFT: Mapping[Standing, str] = {
    Standing.KNOWN: "you keep, have read or want less of every paper here, or it is held for review.",
    Standing.NOTHING: "nothing is kept yet, and every paper here is read or held for review.",
    Standing.ONLY_LESS: "every paper here is of a kind that you want less of, read, or held for review.",
    Standing.GONE: "the papers that you keep are no longer in the library, and every other is one that you have read "
    "or want less of, or is held for review.",
    Standing.MUTED: "you took out all interests that your kept papers tell of, and every other paper is one that you "
    "have read or want less of, or is held for review.",
    Standing.DAMAGED: "what you keep cannot be read, and every paper here is held for review. Restore kept.sqlite from "
    "a backup, or move it away.",
}
"""Why no paper is left, by what there is to rank by."""


@dataclass(frozen=True, slots=True)
class ForYou:
    """Papers for a reader.

    Attributes:
        profile: By which they were ranked.
        papers: Best first.
        new: How many papers are new to the reader.
        is_new: Whether these are of those; else they are of the whole library.
    """

    profile: Profile
    papers: tuple[Recommendation, ...]
    new: int
    is_new: bool
    known: int = 0
    """Of those that are new, how many are left out for that the reader keeps, has read or wants less of them."""
    is_left: bool = True
    """Whether any paper of the library is left to show."""


def for_you(library: Library, profile: Profile, new: Collection[str], most: int) -> ForYou:
    """Rank the papers that are new for a reader; where none of them is left, those of the whole library.

    Args:
        library: Holds the papers.
        profile: Of the reader.
        new: Ids of what is new.
        most: Papers at most.
    """
    found = recommend(library, profile, new, most) if new else ()
    known = len((profile.known | profile.avoided).intersection(new))
    papers = found or recommend(library, profile, None, most)
    return ForYou(profile, papers, len(new), bool(found), known, bool(papers))


def shown_since(counts: Mapping[date, int], newest: date, seen: date | None, most: int) -> date:
    """The first of the days to show to a reader: what came after they were last here, else the newest.

    Args:
        counts: Papers by the day on which they appeared.
        newest: The last of the days to show.
        seen: The newest day at the reader's last visit; None for one who is here for the first time.
        most: Papers that are shown at once.
    """
    since, shown = newest, counts[newest]
    for day in sorted((day for day in counts if day < newest), reverse=True):
        enough = day <= seen if seen else shown >= FEW or newest - day > LOOK_BACK
        if enough or shown + counts[day] > most:
            break
        since, shown = day, shown + counts[day]
    return since


def lead(found: ForYou, since: str = "") -> str:
    """Where the papers come from, or why there are none, in a sentence.

    Args:
        found: The papers.
        since: The first day that is new, as it is shown; empty where that is said elsewhere.
    """
    if not found.is_left:
        return f"Nothing is left to recommend: {_NONE_LEFT[found.profile.standing]}"
    if found.profile.standing is not Standing.KNOWN:
        return found.profile.standing.sentence
    if found.is_new:
        new = f"{plural(found.new, 'paper')} new since {since}" if since else plural(found.new, "new paper")
        asks = found.profile.asked.counting
        whose = "you know or want less of" if asks else "you keep, have read or want less of"
        known = f" {found.known:,} that {whose} {'is' if found.known == 1 else 'are'} left out."
        near = "what you keep and ask" if asks else "what you keep"
        return f"Of {new}, those nearest to {near}.{known if found.known else ''}"
    if found.new:
        return "You know what is new already: these are from the whole library."
    return "Nothing is new: these are from the whole library."


def because(reason: Reason, kept: Mapping[str, Paper], interests: Mapping[str, Interest]) -> tuple[str, str, str]:
    """Why a paper is recommended: a word before, the kept paper's title or the reader's own sentence, what both say."""
    if reason.kept_id:
        paper = kept.get(reason.kept_id)
        both = f", both on “{reason.both_on}”" if reason.both_on else ""
        return "like ", title_of(paper) if paper else reason.kept_id, both
    interest = interests.get(reason.interest)
    return "for ", f"“{interest.sentence}”" if interest else "an interest of yours", ""


def unlike(one: Surprise, profile: Profile) -> str:
    """What the two scores of a surprise mean, in a sentence with both figures.

    Papers about as far apart as this hardly ever fit an interest: it is near only beside others of its kind.
    """
    names = {interest.key: interest.words for interest in profile.interests}
    name = names.get(one.interest, "")
    near = f"“{name}”" if name else "your interests"
    far, but = "Unlike all that you keep", "but"
    if not one.is_unlike:
        far, but = "Further from what you keep than half of what is left to recommend", "and"
    return (
        f"{far} ({one.apart:.2f} apart), {but} of such papers one of the nearest to {near} "
        f"({one.aligned:.2f} aligned; most papers are near 0, full likeness is 1)."
    )


def origin(one: Interest, most: int) -> str:
    """Where an interest comes from, in words before its papers are named.

    Args:
        one: The interest.
        most: Questions that are written out; more are counted.
    """
    if one.sentence:
        return "in your own words"
    kept = f"from {plural(len(one.kept), 'paper')} that you keep" if one.kept else ""
    if not one.asked:
        return kept
    newest = [f"“{question.question}”" for question in reversed(one.asked[-most:])]
    more = f" and {len(one.asked) - len(newest)} more" if len(newest) < len(one.asked) else ""
    asked = f"from {plural(len(one.asked), 'question')} that you asked, {', '.join(newest)}{more}"
    return f"{asked}, and {kept}" if kept else asked


def lessened(one: Interest) -> str:
    """That an interest counts less for what is wanted less of, in a sentence; empty where it does not."""
    return f"Counts less, since you want less like {plural(len(one.less), 'paper')} of it." if one.less else ""


def gone_sentence(gone: int) -> str:
    """How many kept papers have left the library."""
    verbs = ("has", "does") if gone == 1 else ("have", "do")
    return f"{plural(gone, 'paper')} that you keep {verbs[0]} left the library and {verbs[1]} not count."


def muted_papers(profile: Profile) -> dict[str, str]:
    """By the key of an interest that was taken out, the kept paper that it began with."""
    return {key: key.removeprefix(OF_A_PAPER) for key in profile.muted}


def profile_json(profile: Profile) -> dict[str, Any]:
    """A profile as a document: what `profile --json` prints, and its file."""
    return {
        "interests": [
            {
                "key": one.key,
                "words": one.words,
                "weight": round(one.weight, 4),
                "sentence": one.sentence or None,
                "papers": list(one.kept),
                "questions": [question.question for question in one.asked],
                "less": list(one.less),
            }
            for one in profile.interests
        ],
        "questions": [_question_json(one) for one in profile.asked.counting],
        "questions_taken_out": [_question_json(one) for one in profile.asked.taken_out],
        "less": list(profile.less),
        "muted": [{"key": key, "paper_id": paper_id} for key, paper_id in muted_papers(profile).items()],
        "gone": profile.gone,
        "standing": str(profile.standing),
        "why": profile.standing.sentence or None,
    }


def _question_json(one: Asked) -> dict[str, Any]:
    return {"key": one.key, "question": one.question, "papers": list(one.papers)}


def forget_profile(kept: Kept, user: str) -> None:
    """Forget what a profile holds besides what is kept: sentences, questions, what was taken out or is wanted less."""
    for one in kept.interests(user):
        kept.remove_interest(user, one.key)
    for key in kept.muted(user):
        kept.restore_interest(user, key)
    kept.less(user, kept.lessened(user), False)
    kept.forget_questions(user)
