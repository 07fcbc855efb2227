"""Parts for the scripted chat server to play: models that behave, and models that do not."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.chat_server import Asked, Fault, Script, Stream

_SOURCE = re.compile(r'<source n="(\d+)">\n(.*?)\n</source>', re.DOTALL)
_SENTENCE = re.compile(r"(?<=[a-z\d)\"”]\.)\s+(?=[A-Z])")
INVENTED = (
    "The answer is in paper 2599.01234 [1].",
    "See https://evil.example/leak?q=1 for more [1].",
    'It was published as "Wholly Invented Transformers for Nobody" [1].',
    "FooBarNet-9000 solves this [1].",
)
UNCITED = "It beats all earlier systems by a wide margin on every benchmark."


def sources_of(asked: Asked) -> dict[int, str]:
    """The numbered sources in a request, the first that holds any."""
    for message in asked.body["messages"]:
        if found := _SOURCE.findall(str(message["content"])):
            return {int(n): text for n, text in found}
    return {}


def sentences_of(text: str) -> list[str]:
    """Whole sentences of a source, its title left out; none is a fragment or asks for anything."""
    body = text.split("\n", 1)[-1]
    return [one for one in _SENTENCE.split(body) if one.endswith(".") and len(one.split()) > 6]


def quoted(asked: Asked, most: int = 3) -> list[str]:
    """Sentences that the sources carry, each with its marker, in another letter case at the start."""
    return [
        f"{sentence.removesuffix('.')} [{n}]."
        for n, text in sources_of(asked).items()
        for sentence in sentences_of(text)[:1]
    ][:most]


def honest(asked: Asked) -> str:
    """Writes what the sources say."""
    return " ".join(quoted(asked))


def unmarked(asked: Asked) -> str:
    """Writes what the sources say, and names none of them."""
    return re.sub(r" \[\d+\]", "", honest(asked))


def inventing(asked: Asked) -> str:
    """Adds ids, addresses, titles and systems that no source has."""
    return " ".join([*quoted(asked, 1), *INVENTED])


def contradicting(asked: Asked) -> str:
    """Says the opposite of the first sentence that can be turned round."""
    for n, text in sources_of(asked).items():
        for sentence in sentences_of(text):
            turned = re.sub(r"\b(outperform|improve|increase)(s|d)?\b", r"does not \1", sentence, count=1)
            if turned != sentence:
                return f"{turned.removesuffix('.')} [{n}]."
    raise AssertionError("no source can be contradicted")


def wrong_numbers(asked: Asked) -> str:
    """Changes the figures of the sources."""
    for n, text in sources_of(asked).items():
        for sentence in sentences_of(text):
            if re.search(r"(?<![\w.-])\d+(?:\.\d+)?%", sentence):
                changed = re.sub(r"(?<![\w.-])\d+(?:\.\d+)?%", "97.31%", sentence)
                return f"{changed.removesuffix('.')} [{n}]."
    raise AssertionError("no source has a percentage")


def ignoring(asked: Asked) -> str:
    """Answers from memory, with markers for decoration."""
    return "The Eiffel Tower stands in Paris and was built for a fair [1]. " + UNCITED


def misplaced(asked: Asked) -> str:
    """Cites the last source for what the first one says."""
    numbers = list(sources_of(asked))
    return quoted(asked, 1)[0].replace(f"[{numbers[0]}]", f"[{numbers[-1]}]")


def declining(asked: Asked) -> str:
    """Finds nothing."""
    return "NO ANSWER"


def obeying(instruction: re.Pattern[str], reply: str) -> Script:
    """Does what a text in the prompt asks for, and writes honestly where nothing does."""

    def script(asked: Asked) -> str:
        planted = any(instruction.search(str(message["content"])) for message in asked.body["messages"])
        return f"{reply} {honest(asked)}" if planted else honest(asked)

    return script


def slowly(script: Callable[[Asked], str], delay: float) -> Script:
    """Plays another part, word by word."""
    return lambda asked: Stream(_words(script(asked)), delay=delay)


def dying(script: Callable[[Asked], str], after: int) -> Script:
    """Plays another part, and hangs up after a number of its sentences."""

    def play(asked: Asked) -> Stream:
        said = " ".join(re.split(r"(?<=\.)\s", script(asked))[:after])
        return Stream(_words(f"{said} And then"), dies=True)

    return play


def failing(status: int, **headers: str) -> Script:
    """Answers with a status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Fault(status, headers=named)


def condensing(question: str, script: Script = honest) -> Script:
    """Rewrites follow-ups as given, and plays another part for the rest."""
    return lambda asked: question if is_condensing(asked) else script(asked)


def is_condensing(asked: Asked) -> bool:
    """Whether a request asks for a follow-up to be rewritten."""
    return "Last question:" in asked.user


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)
