"""What a reader does with papers on the drawn pages: one method an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rag.errors import NoteConflict, UsageError
from rag.sources import discover, read_source
from rag.text.grammar import plural
from ui.foryou import forget_profile
from ui.web.companion.followed import PART
from ui.web.drawn import bookmarks
from ui.web.drawn.site import Site

Said = Mapping[str, Any]
"""An action's answer: what is said, which part of the page is drawn anew, where to go."""


class Acts:
    """What can be done on one site."""

    def __init__(self, site: Site, fetch: Callable[[str], str]) -> None:
        """Act on what a site shows.

        Args:
            site: Draws the pages.
            fetch: Adds the newest papers of a category of arXiv, and says what came.
        """
        self._site = site
        self._fetch = fetch
        self.named: Mapping[str, Callable[[dict[str, str], str], Said]] = {
            "star": self._star,
            "later": self._later,
            "read": self._read,
            "list": self._list,
            "follow": self._follow,
            "less": self._less,
            "interest": self._interest,
            "uninterest": self._uninterest,
            "restore": self._restore,
            "surprise": self._surprise,
            "forget": self._forget,
            "unrewrite": self._unrewrite,
            "note": self._note,
            "answer": self._answer,
            "unlearn": self._unlearn,
            "remove": self._remove,
            "release": self._release,
            "hold": self._hold,
            "fetch": self._fetched,
            "sample": self._sample,
        }
        """Each by its name: takes what was sent, and who sent it."""

    def _star(self, fields: Mapping[str, str], owner: str) -> Said:
        ids, on = _papers(fields), fields.get("on") != "off"
        self._site.kept.star(owner, ids, on)
        self._learn(ids, owner, on)
        return {"said": "Starred." if on else "The star is taken away.", "pressed": on}

    def _later(self, fields: Mapping[str, str], owner: str) -> Said:
        ids, on = _papers(fields), fields.get("on") != "off"
        self._site.kept.later(owner, ids, on)
        self._learn(ids, owner, on)
        return {"said": "Kept to read later." if on else "No longer kept for later.", "pressed": on}

    def _learn(self, ids: list[str], owner: str, on: bool) -> None:
        if on:
            self._site.was_kept(ids, owner)

    def _read(self, fields: Mapping[str, str], owner: str) -> Said:
        ids = _papers(fields)
        self._site.kept.read(owner, ids)
        return {"said": f"{plural(len(ids), 'paper')} marked as read.", "read": ids}

    def _list(self, fields: Mapping[str, str], owner: str) -> Said:
        ids, name, kept = _papers(fields), fields.get("list", ""), self._site.kept
        if fields.get("on") == "off":
            changed = kept.take(owner, name, ids)
            said = f"Taken off “{changed.name}”."
        else:
            changed = kept.put(owner, name, ids, make=True)
            self._learn(ids, owner, True)
            said = f"On “{changed.name}” now."
        on = fields.get("on") != "off"
        return {"said": said, "pressed": on, "parts": {"lists": str(self._site.lists(ids, owner))}}

    def _follow(self, fields: Mapping[str, str], owner: str) -> Said:
        question, on = fields.get("key", ""), fields.get("on") != "off"
        if on:
            self._site.follows.follow(question, owner)
        else:
            self._site.follows.end(question, owner)
        said = "Followed: Today tells what is new to it." if on else "No longer followed."
        is_listed = fields.get("part") == PART
        parts = {PART: str(self._site.followed(owner, fields.get("place", "")))} if is_listed else {}
        return {"said": said, "pressed": on, "parts": parts}

    def _less(self, fields: Mapping[str, str], owner: str) -> Said:
        ids, on = _papers(fields), fields.get("on") != "off"
        self._site.kept.less(owner, ids, on)
        parts = self._redrawn(fields, owner, less=ids[0] if on else "")
        said = "Less like it from now on." if on else "Taken back."
        return {"said": "" if parts and on else said, "pressed": on, "parts": parts}

    def _interest(self, fields: Mapping[str, str], owner: str) -> Said:
        kept, key = self._site.kept, fields.get("key", "")
        typed = kept.add_interest(owner, fields.get("sentence", ""))
        if key and key != typed.key:
            kept.remove_interest(owner, key)
        return {"said": "Changed." if key else "Added to your interests.", "parts": self._redrawn(fields, owner)}

    def _uninterest(self, fields: Mapping[str, str], owner: str) -> Said:
        self._site.kept.remove_interest(owner, fields.get("key", ""))
        return {"said": "It no longer counts.", "parts": self._redrawn(fields, owner)}

    def _restore(self, fields: Mapping[str, str], owner: str) -> Said:
        self._site.kept.restore_interest(owner, fields.get("key", ""))
        return {"said": "It counts again.", "parts": self._redrawn(fields, owner)}

    def _surprise(self, fields: dict[str, str], owner: str) -> Said:
        return {"parts": self._redrawn(fields | {"part": "surprise"}, owner)}

    def _forget(self, fields: Mapping[str, str], owner: str) -> Said:
        what = fields.get("what")
        if what == "kept":
            self._site.belongings.forget(owner)
        elif what == "profile":
            forget_profile(self._site.kept, owner)
        else:
            raise UsageError("Nothing was forgotten.", "Say what: the profile, or all that you keep.")
        return {"said": "Forgotten.", "parts": self._redrawn({"part": "you"}, owner)}

    def _unrewrite(self, fields: Mapping[str, str], owner: str) -> Said:
        which = fields.get("key", "")
        if which == "all":
            count = self._site.rewrites.clear(owner)
            said = f"{plural(count, 'question')} forgotten."
        elif which.isdecimal() and len(which) < 19:
            self._site.rewrites.remove(owner, int(which))
            said = "Forgotten."
        else:
            raise UsageError("Nothing was forgotten.", "Reload the page.")
        return {"said": said, "parts": self._redrawn({"part": "you"}, owner)}

    def _redrawn(self, fields: Mapping[str, str], owner: str, less: str = "") -> dict[str, str]:
        """The part of the page that an action was asked for from, as it is now."""
        part, place = fields.get("part", ""), fields.get("place", "0")
        if part == "foryou":
            return {part: str(self._site.for_you(owner, less))}
        if part == "surprise":
            number = int(place) if place.isdecimal() and len(place) < 10 else 0
            return {part: str(self._site.personal.beside(owner, number, less))}
        return {part: str(self._site.personal.page(owner))} if part == "you" else {}

    def _note(self, fields: Mapping[str, str], owner: str) -> Said:
        (paper_id, *_), text = _papers(fields), fields.get("text", "")
        number = fields.get("revision", "0")
        revision = int(number) if number.isdecimal() and len(number) < 19 else 0
        try:
            stored = self._site.kept.write_note(owner, paper_id, text, revision)
        except NoteConflict as conflict:
            part = bookmarks.note(paper_id, None, conflict, text, owner)
            return {"problem": conflict.message, "parts": {"note": str(part)}}
        said = "Note saved." if stored.text else "Note deleted."
        return {"said": said, "parts": {"note": str(bookmarks.note(paper_id, stored, reader=owner))}}

    def _answer(self, fields: Mapping[str, str], owner: str) -> Said:
        return {"parts": self._site.quiz.answer(fields, owner)}

    def _unlearn(self, fields: Mapping[str, str], owner: str) -> Said:
        return {"said": "Your answers are forgotten.", "parts": self._site.quiz.forget(owner)}

    def _remove(self, fields: Mapping[str, str], owner: str) -> Said:
        self._site.library.remove(_papers(fields))
        return {"said": "Removed from the library.", "go": "/library"}

    def _release(self, fields: Mapping[str, str], owner: str) -> Said:
        self._site.shelf.flags.decide(_papers(fields), "released")
        return {"said": "Released: it counts as clean.", "go": "/review"}

    def _hold(self, fields: Mapping[str, str], owner: str) -> Said:
        self._site.shelf.flags.decide(_papers(fields), "held")
        return {"said": "Held for review.", "go": "/review"}

    def _fetched(self, fields: Mapping[str, str], owner: str) -> Said:
        return {"said": self._fetch(fields.get("category", "").strip()), "go": "/today"}

    def _sample(self, fields: Mapping[str, str], owner: str) -> Said:
        from importlib.resources import files
        from pathlib import Path

        from ui.intake import take_in

        folder = Path(str(files("rag") / "sample"))
        rows = (row for path in discover([folder]).files for row in read_source(path))
        report = take_in(self._site.library, rows, None)
        return {"said": f"{plural(report.papers_new, 'paper')} added.", "go": "/today"}


def _papers(fields: Mapping[str, str]) -> list[str]:
    ids = fields.get("papers", "").split()
    if not ids:
        raise UsageError("No paper is named.", "Choose one.")
    return ids
