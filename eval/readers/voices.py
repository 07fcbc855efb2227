"""How readers speak: personas and their voices from ``utterances.yaml``, and what typing does to a sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

PLAIN = "plain"
_SLOT = re.compile(r"\{(\w+)\}")
_LONG = re.compile(r"(?<![\w-])[a-z]{6,}(?![\w-])")
"""Words that somebody mistypes; what holds a capital or a digit is a name, and is looked at twice."""
_BESIDE = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioposdfghjklkxcvbnmn", strict=True))
_Words = Annotated[tuple[str, ...], BeforeValidator(lambda text: tuple(str(text).split()))]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Persona(_Part):
    """Who asks: what she knows of a paper, how she speaks, and the chance that a long word has a typing error."""

    knows: Literal["name", "words", "part"]
    voice: str
    typos: float = Field(0.0, ge=0, le=1)


class Absent(_Part):
    """A detail that few abstracts tell: questions for it, and words none of which a paper without it holds."""

    ask: tuple[str, ...]
    then: tuple[str, ...]
    words: _Words


class Around(_Part):
    """What who chats says before and after what others say."""

    before: tuple[str, ...]
    after: tuple[str, ...]


class Voices(_Part):
    """All that readers say.

    Attributes:
        personas: By name, in the order of a report.
        voices: By voice and act, the ways of saying it.
        frame: Words of a sentence that a reader doesn't repeat.
        absent: By name of the detail.
        strange: Subjects that libraries of such papers hardly hold.
    """

    personas: Mapping[str, Persona]
    voices: Mapping[str, Mapping[str, tuple[str, ...]]]
    chatty: Around
    frame: Annotated[frozenset[str], BeforeValidator(lambda text: frozenset(str(text).split()))]
    absent: Mapping[str, Absent]
    strange: tuple[str, ...]

    def ways(self, act: str, voice: str) -> tuple[str, ...]:
        """The ways of saying something in a voice; plainly, where the voice has none of its own."""
        held = self.voices.get(voice, {})
        return held[act] if act in held else self.voices[PLAIN][act]


@cache
def load_voices() -> Voices:
    """What readers say, as shipped."""
    text = files("eval.readers").joinpath("utterances.yaml").read_text(encoding="utf-8")
    return Voices.model_validate(yaml.safe_load(text))


class Speaker:
    """One reader's voice in one conversation: nothing is said twice in the same words while there are others."""

    def __init__(self, persona: Persona, chance: random.Random) -> None:
        self.persona = persona
        self._chance = chance
        self._said: set[str] = set()
        self._voices = load_voices()

    def way(self, act: str) -> str:
        """A way of saying something that was not used yet."""
        return self.one_of(self._voices.ways(act, self.persona.voice))

    def one_of(self, ways: tuple[str, ...]) -> str:
        """One of some ways that was not used yet."""
        fresh = [one for one in ways if one not in self._said] or list(ways)
        way = self._chance.choice(fresh)
        self._said.add(way)
        return way

    def said(self, way: str, slots: Mapping[str, str]) -> str:
        """A sentence as she types it, its slots filled."""
        text = filled(way, slots)
        if self.persona.voice == "chatty":
            around = self._voices.chatty
            before = self._chance.choice(around.before)
            text = before + _within(text, before) + self._chance.choice(around.after)
        if self.persona.voice == "fragments":
            text = text.rstrip("?.")
        return mistyped(text, self.persona.typos, self._chance) if self.persona.typos else text


def _within(text: str, before: str) -> str:
    """A sentence as it goes on after what was said before: with a small letter, unless it begins with a name."""
    goes_on = before.rstrip()[-1:] not in ".!?:" and text[1:2].islower()
    return text[:1].lower() + text[1:] if goes_on else text


def filled(way: str, slots: Mapping[str, str]) -> str:
    """A sentence with its slots filled; what fills one is not filled again."""
    return _SLOT.sub(lambda match: slots[match[1]], way)


def mistyped(text: str, chance: float, rng: random.Random) -> str:
    """A text with typing errors in some of its long words in small letters.

    Two letters are exchanged, or one is left out, doubled or taken for the key beside it; the first one stays.
    """

    def err(match: re.Match[str]) -> str:
        word = match[0]
        at = rng.randrange(1, len(word) - 1)
        kind = rng.randrange(4)
        if rng.random() >= chance:
            return word
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == 1:
            return word[:at] + word[at + 1 :]
        return word[:at] + (word[at] if kind == 2 else _BESIDE[word[at]]) + word[at + kind - 2 :]

    return _LONG.sub(err, text)
