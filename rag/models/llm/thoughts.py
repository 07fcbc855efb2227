"""The reply in what a model sends: without its thoughts, its chat template's tokens and the tags around the answer.

A server that knows its model's habits sends thoughts in a field of their own. Many do not, and then they stand in the
content, between tags whose names differ from model to model; some templates hold the opening tag, so that only the
closing one is sent. Until that comes nobody can tell a thought from an answer: a reply of a model that is not known to
answer at once is therefore held until its end.
"""

from __future__ import annotations

import re

_KNOWN = re.compile(
    r"(?:[a-z]+:)?(?:think|thinks|thinking|thought|thoughts|reason|reasoning|reflect|reflection|analysis|scratchpad"
    r"|(?:chain|train)_of_thoughts?|internal|monologue|inner_monologue|deliberation|ponder|cot|rationale|inst)"
)
_CALLS = re.compile(r"(?:tool|function)(?:=.*|_?(?:calls?|code|use)(?:_begin|s_begin)?)?|invoke|python_?tag")
"""Calls of tools, where a server has left them in the text."""
_DOUBTFUL = frozenset("tool function inst".split())
"""Tags that an answer may also begin a sentence with: they are what they seem once they are closed, or hold JSON."""
_JSON = re.compile(r"\W\w+\W\s*(?:[\w.]+\s*)?(?:\[\s*)?\{")
"""Such a tag and the beginning of a call's values, maybe with the tool's name between them."""
_ANSWERS = frozenset("answer final_answer finalanswer final response output reply result assistant".split())
_LEFT = frozenset(
    "a abbr b blockquote br c center cite citation co code dd del div dl dt em fn footnote form h1 h2 h3 h4 h5 "
    "h6 head hr html body i iframe img input ins kbd li link mark math meta object ol p pre q ref s script section "
    "small source span strike strong style sub sup svg table tbody td th thead tr tt u ul var video audio "
    "button".split()
)
"""Tags that a text may hold; what becomes of them is not decided here."""
_ENDS = frozenset("end_of_turn eos eot end_of_text endoftext end_of_utterance".split())
_NOISE = frozenset("bos pad unk start_of_turn".split())
_ATTRIBUTES = r"(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]{0,60}\"|'[^'<>]{0,60}'|[^\s<>\"']{1,60}))*"
_TOKEN = re.compile(
    rf"<\s{{0,3}}(?P<closing>/?)\s{{0,3}}(?=[^<>\n]{{1,121}}>)(?P<name>[A-Za-z][\w:.-]{{0,30}}(?:=[\w.-]{{1,40}})?){_ATTRIBUTES}\s*/?\s*>"
    r"|<[|\uff5c](?P<special>[^<>|\uff5c\n]{1,40})[|\uff5c]>"
    r"|\[(?P<off>/?)(?P<square>THINK|THINKING|THOUGHTS?|REASONING|INST|TOOL_CALLS)\]"
    r"|\u25c1(?P<shut>/?)(?P<triangle>\w{1,20})\u25b7"
)
_BEGUN = re.compile(
    r"(?:<(?:[|\uff5c][^<>\n]{0,42}|\s{0,3}/?\s{0,3}(?:[A-Za-z][^<>\n]{0,120})?)|\[/?[A-Z_]{0,10}|\u25c1/?\w{0,20})$"
)
"""What may still become such a token: no more than a token may be, or the same text was read otherwise in pieces."""
_THOUGHT_TOKEN = re.compile(r"(?P<end>end_|/)?(?:(?:begin|start)_)?(?:of_)?(?:think\w*|thoughts?|reasoning)")
_END_TOKEN = re.compile(r"end(?!.*header)(?:_|\u2581|of|$)|e[om]t|eom|eos|return|call")
_ROLE_TOKEN = re.compile(r"(?:im_)?start(?:_header_id)?")
_SPOKEN = re.compile(r"[\w,;(`'\"\u2018\u201c-][^\S\n]?$")
"""Words before a tag that is spoken of: "between <think> and </think> tags"."""
_GOES_ON = re.compile(r"[^\S\n]?[a-z,;.)`'\"\u2019\u201d]")
_BARE, _BARE_END = "analysis", "assistantfinal"
"""What is left of channels where a server takes out the special tokens alone."""
_HALF = re.compile(r"[\ud800-\udfff]")
"""Of a character, which JSON can escape and no answer can be kept or shown with."""
_STATED = re.compile(r"[.!?](?=\s|$)")


class ReplyText:
    """Takes a reply in pieces and gives back what is its answer; one for each reply.

    Attributes:
        thought: Whether there were thoughts.
        unannounced: Whether only their end was marked.
        exposed: Whether what had been given back turned out to be thoughts.
        called: Whether it calls a tool.
    """

    def __init__(self, *, certain: bool = False, tags: bool = False) -> None:
        """Begin.

        Args:
            certain: The model is known to begin with its answer: nothing is held.
            tags: Keep the tags of an answer, for a program that asked for them, and what stands around them.
        """
        self.thought = self.unannounced = self.exposed = self.called = False
        self._free, self._tags = certain, tags
        self._pending = self._before = ""
        self._open, self._depth, self._closed = "", 0, False
        self._inside: list[str] = []  # since the last closing tag, or since an unknown one was opened
        self._held: list[str] = []
        self._out: list[str] = []
        self._said = self._sentence = self._ended = self._answering = False
        self._header: str | None = None

    def feed(self, piece: str) -> str:
        """Take a piece; returns what is now known to belong to the answer."""
        self._pending += _HALF.sub("\ufffd", piece)
        self._read(final=False)
        return self._given()

    def finish(self, *, broken: bool = False) -> str:
        """End the reply; returns what was held.

        Args:
            broken: It was not complete. What was opened as thoughts stays that; what nothing marks as such is an answer
                that was cut off, whose sentences are checked like any other's.
        """
        self._read(final=True)
        self._settle()
        unknown = self._open not in ("", "known", "channel", "bare")
        if self._depth and not broken and (self._closed or (unknown and not self._said)):
            self._depth = 0
            self._emit("".join(self._inside))
        elif not self._said and not self._depth and self._inside and not self._open:
            self._emit("".join(self._inside))
        self._out += self._held
        self._held.clear()
        return self._given()

    def _given(self) -> str:
        given = "".join(self._out)
        self._out.clear()
        return given

    def _read(self, *, final: bool) -> None:
        if not self._before and not self._bare(final):
            return
        while True:
            if self._open == "bare":
                if not self._after_bare(final):
                    return
                continue
            match = _TOKEN.search(self._pending)
            if match is None:
                break
            begun = _BEGUN.search(self._pending)
            first = min(begun.start(), match.start()) if begun else match.start()
            if not final and (first < match.start() or len(self._pending) < match.end() + 2):
                self._text(self._pending[:first])
                self._pending = self._pending[first:]
                return
            before, token = self._pending[: match.start()], match.group()
            self._text(before)
            behind = self._pending[match.end() :]
            self._pending = behind
            self._take(match, behind)
            self._before = (self._before + token)[-3:]
        begun = _BEGUN.search(self._pending)
        keep = begun.start() if begun else len(self._pending)
        rest, self._pending = self._pending[keep:], self._pending[:keep]
        self._text(self._pending)
        self._pending = "" if final else rest
        if final and not rest.startswith(("<|", "<\uff5c", "</")):
            self._text(rest)

    def _bare(self, final: bool) -> bool:
        """Look at the first words; False as long as they may still be a channel's name without its tokens."""
        start = self._pending.lstrip()
        if start.startswith(_BARE) and start[len(_BARE) :][:1].isupper():
            self._open, self._depth, self._before = "bare", 1, " "
            return True
        return final or not _BARE.startswith(start[: len(_BARE)]) or len(start) > len(_BARE)

    def _after_bare(self, final: bool) -> bool:
        at = self._pending.find(_BARE_END)
        if at >= 0:
            self._pending = self._pending[at + len(_BARE_END) :]
            self._open, self._depth, self.thought = "", 0, True
            self._release()
            return True
        self._pending = "" if final else self._pending[-len(_BARE_END) :]
        return False

    def _text(self, text: str) -> None:
        """Text between two tokens."""
        if not text:
            return
        self._before = (self._before + text)[-3:]
        if self._header is not None:
            self._header += text
            if "\n" not in self._header or self._open == "channel?":
                return
            role, _, text = self._header.partition("\n")
            self._role(role)
        if self._depth:
            self._inside.append(text)
        elif not self._ended:
            self._emit(text)

    def _emit(self, text: str) -> None:
        if not text:
            return
        self._said = self._said or not text.isspace()
        self._sentence = self._sentence or bool(_STATED.search(text))
        (self._out if self._free else self._held).append(text)

    def _take(self, match: re.Match[str], behind: str) -> None:
        """What a whole token does."""
        if match["special"]:
            self._settle()
            self._special(match["special"].lower())
            return
        self._no_header()
        name = (match["name"] or match["square"] or match["triangle"]).lower()
        closing = bool(match["closing"] or match["off"] or match["shut"])
        if name != self._open and (_KNOWN.fullmatch(name) or name in _ANSWERS | _ENDS | {"s"}):
            self._settle()
        spoken = bool(_SPOKEN.search(self._before))
        if name in _ANSWERS and not match["square"]:
            self._answer(match.group(), closing=closing, spoken=spoken)
        elif name == "search" and self._depth and not closing:
            self._implied(match.group())
        elif name in _DOUBTFUL and not (spoken or self._depth or closing):
            self._begin(name)
            self._inside = [match.group()]
        elif _CALLS.fullmatch(name) and not (spoken and not self._depth):
            self._call(closing=closing)
        elif _KNOWN.fullmatch(name):
            literal = spoken and (bool(_GOES_ON.match(behind)) if closing else not self._depth)
            if literal:
                self._text(match.group())
            else:
                self._shut() if closing else self._begin("known")
        elif name in _ENDS or (name == "s" and closing):
            self._end()
        elif name in _NOISE or (name == "s" and not self._said):
            self._header = "" if name == "start_of_turn" else None
        elif self._depth and name == self._open and closing:
            self._shut()
        elif not closing and name not in _LEFT and not (self._said or self._depth or self._tags or self._answering):
            self._begin(name)
        else:
            self._text(match.group())

    def _settle(self) -> None:
        """Decide on what a doubtful tag opened and nothing closed: a call's values, or words of the answer."""
        if self._depth and self._open in _DOUBTFUL:
            inside = "".join(self._inside)
            self._open, self._depth = "", 0
            self._inside.clear()
            if _JSON.match(inside):
                self.called = True
            else:
                self._emit(inside)

    def _begin(self, kind: str) -> None:
        self.thought = self.thought or kind not in _DOUBTFUL
        if kind == "channel" or not self._depth:
            self._open, self._depth, self._closed = kind, 0, False
            if kind != "known" or self._said:
                self._inside.clear()
        self._depth += 1

    def _call(self, *, closing: bool) -> None:
        """A tool that is called: no part of an answer."""
        if not closing:
            self.called = True
            self._begin("known")
        elif self._depth:
            self.called = True
            self._shut()

    def _shut(self) -> None:
        """A closing tag: behind the last one stands the answer; where none was opened, all before it was thought."""
        if not self._depth:
            self.exposed, self.unannounced = self.exposed or (self._free and self._said), True
            self._held.clear()
            self._said = False
        self._depth = max(0, self._depth - 1)
        self._closed = self.thought = True
        unknown = self._open not in _DOUBTFUL | {"", "known"}
        if not unknown or self._depth:
            self._inside.clear()
        if not self._depth:
            self._open = ""
            self._release()

    def _release(self) -> None:
        """Nothing that follows can turn what was said into thoughts."""
        self._free = True
        self._out += self._held
        self._held.clear()

    def _implied(self, token: str) -> None:
        """A tag of what was asked for ends thoughts that were not closed; they may still be closed behind it."""
        self._depth, self._open, self._free = 0, "", False
        self._inside.clear()
        self._emit(token)

    def _answer(self, token: str, *, closing: bool, spoken: bool) -> None:
        if self._depth and not closing and not (spoken and not self._tags):
            self._implied(token if self._tags else "")
            self._answering = True
        elif self._depth or self._tags:
            self._text(token)
        elif closing:
            self._ended = self._ended or (self._answering and self._said)
        else:
            self.exposed = self.exposed or (self._free and self._sentence and not self.thought)
            self._held.clear()
            self._said, self._answering = False, True

    def _special(self, name: str) -> None:
        """A token of a chat template."""
        if name == "constrain" and self._open == "channel?":
            return  # the form of what follows, told in the header
        if _CALLS.fullmatch(name.replace("\u2581", "_")):
            self._call(closing=False)
            return
        channel = (self._header or "").split() if name == "message" and self._open == "channel?" else None
        role, self._header = self._header, None
        if self._open == "channel?":
            self._open, self._depth = "", 0
        elif role is not None:
            self._role(role)
        if channel is not None:
            if channel[:1] == ["final"]:
                self._ended = self._said
                self._release()
            else:
                self.called = self.called or any(word.startswith("to=") for word in channel)
                self._begin("channel")
        elif name == "channel":
            self._open, self._depth, self._header = "channel?", 0, ""
        elif thought := _THOUGHT_TOKEN.fullmatch(name):
            self._shut() if thought["end"] else self._begin("known")
        elif _ROLE_TOKEN.fullmatch(name):
            self._header = ""
        elif name in ("user", "system", "tool"):
            self._role(name)
        elif _END_TOKEN.match(name):
            self._end()

    def _no_header(self) -> None:
        if self._header is not None:
            role, self._header = self._header, None
            self._role(role)

    def _role(self, role: str) -> None:
        """Another's turn is no part of the reply."""
        self._header = None
        words = role.split()
        self._ended = self._ended or bool(words and words[0].lower() in ("user", "system", "tool", "developer"))

    def _end(self) -> None:
        """The template's end of a turn: what follows an answer is none."""
        if self._depth:
            self._depth, self._open = 0, ""
            self._inside.clear()
        self._ended = self._ended or self._said
