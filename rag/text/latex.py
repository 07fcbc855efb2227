r"""Text to LaTeX and back, as bibliographies hold it: what `encode` writes, `decode` reads to the letter.

``AT&T, \emph{50%}`` is written ``AT\&T, \emph{50\%}``. LaTeX of strangers is decoded where it stands for characters
(``{\"o}`` is ö) or only protects capitals (``{DNA}``); maths and formatting stay as they are, as in a stored text
anywhere. A stored text may hold such LaTeX itself, ``Erd\H{o}s`` from arXiv: an empty group before it, ``Erd{}\H{o}s``,
which no reader sees, says that it was stored this way.
"""

from __future__ import annotations

import re
from functools import cache

from rag.text.readable import readable

_KEEP = "{}"
"""The empty group: what follows stands in the stored text as it stands here."""
_LITERAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
} | {char: f"\\{char}" for char in "&%#_$"}
"""What stands for a character that TeX would take for something else."""
_CHARACTERS = {value[1:-2]: key for key, value in _LITERAL.items() if value.endswith("{}")} | {
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textquotesingle": "'",
    "textquotedbl": '"',
    "textunderscore": "_",
    "textdollar": "$",
    "textasteriskcentered": "*",
}
_FORMATS = frozenset(
    """emph textbf textit texttt textsc textsf textrm textsl textup textmd text underline mbox textsuperscript
    textsubscript em bf it tt sc sf rm url href cite TeX LaTeX""".split()
)
_IN_TEXT = frozenset(
    "ss o O l L ae AE oe OE aa AA i j dh DH th TH dj DJ ng NG S P copyright pounds dag ddag dots ldots".split()
)
"""Commands for characters that may stand outside maths."""
_HARMLESS = (
    (_FORMATS - {"href"})
    | _IN_TEXT
    | frozenset(_CHARACTERS)
    | frozenset(
        """u v H t c d b k r frac dfrac tfrac sqrt left right big Big text mathbf mathrm mathit mathsf mathtt mathcal
        mathscr mathfrak mathbb boldsymbol bm operatorname hat widehat tilde widetilde bar vec dot ddot overline
        sum prod log ln exp min max arg argmin argmax sup inf lim sin cos tan mod bmod Pr det dim
        quad qquad displaystyle limits nolimits ensuremath relax""".split()
    )
)
"""Besides commands for one character, those of a stranger's LaTeX that only show something."""
_ACCENT = (
    r"\\(?:[\"'`^~=.]\s*|[uvHtcdbkr](?![A-Za-z])\s*)"
    r"(?:\{\s*(?:\\[ij](?![A-Za-z])|[^\W\d_])\s*\}|\\[ij](?![A-Za-z])|[^\W\d_])"
)
_TOKEN = re.compile(
    rf"(?P<maths>\$\$(?:\\.|[^$\\])+\$\$|\$(?:\\.|[^$\\])+\$|\\\((?:[^\\]|\\[^)]){{1,500}}\\\))|(?P<accent>{_ACCENT})"
    r"|(?P<command>\\[A-Za-z]+\*?(?:\[[^\[\]{}$\\]{0,60}\](?=\{))?)|(?P<escape>\\[^A-Za-z])|(?P<char>.)",
    re.DOTALL,
)
_NAME = re.compile(r"\\([A-Za-z]+)")
_CONTROL = re.compile(r"\\([A-Za-z]+|[^A-Za-z])", re.DOTALL)
_BRACE, _BARE_BRACE = re.compile(r"[{}]"), re.compile(r"(?<!\\)[{}]")
_AFTER_SYMBOL = re.compile(r"\{\}|\s*")


def encode(text: str, *, exact: bool = True) -> str:
    """Write a text so that BibTeX, biber and LaTeX accept it; white space is folded, control characters go.

    Maths, formatting and accents of the text stay; what LaTeX would stumble over is escaped. Braces are balanced as
    BibTeX counts them, which knows no escapes.

    Args:
        text: As stored.
        exact: Mark the text's own LaTeX, so that `decode` gives it back to the letter and not what it stands for.
    """
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    written = _encoded(text, _KEEP if exact else "")
    return written if written is not None else "".join(_LITERAL.get(char, char) for char in text)


def _encoded(text: str, keep: str) -> str | None:
    """The text with its LaTeX; None where it cannot be kept: its braces do not balance, it ends in a backslash."""
    out: list[str] = []
    open_groups: list[bool] = []
    after_command = False
    for found in _TOKEN.finditer(text):
        token, kind = found[0], found.lastgroup
        was_after, after_command = after_command, False
        if kind == "maths":
            out.append(token if _is_maths(token) else _escaped_maths(token))
        elif kind == "accent":
            out.append(keep + token)
        elif kind == "command":
            piece, after_command = _command(token, keep)
            out.append(piece)
        elif kind == "escape":
            out.append(keep + token)
        elif token == "{":
            open_groups.append(was_after)
            out.append(token if was_after else keep + token)
        elif token == "}":
            if not open_groups:
                return None
            after_command = open_groups.pop()
            out.append(token)
        else:
            out.append(f"{keep}~" if token == "~" else _LITERAL.get(token, token))
        if was_after and keep and out[-1].startswith(keep):
            return None  # an empty group there would be the command's argument
    written = "".join(out)
    return written if not open_groups and not text.endswith("\\") and is_balanced(written) else None


def _is_maths(token: str) -> bool:
    """Whether dollars enclose maths, not prices, braces in it balance, and it only shows something."""
    return is_balanced(token) and is_harmless(token) and (token[0] == "\\" or not readable(token).startswith("$"))


def _escaped_maths(token: str) -> str:
    """What stands between dollars that are none of maths: written by itself, its own LaTeX with it."""
    inner = token.strip("$")
    before = token[: len(token) - len(token.lstrip("$"))]
    after = token[len(before) + len(inner) :]
    return before.replace("$", r"\$") + "".join(_LITERAL.get(char, char) for char in inner) + after.replace("$", r"\$")


def _command(token: str, keep: str) -> tuple[str, bool]:
    """A command as it is written, and whether a group after it is its argument; what LaTeX may not know is spelt."""
    name = _NAME.match(token)
    assert name is not None, "the pattern of a command begins with its name"
    if name[1] in _FORMATS:
        return token, True
    if name[1] in _IN_TEXT or name[1] in _CHARACTERS:
        return keep + token, True
    return "".join(_LITERAL.get(char, char) for char in token), False


def decode(text: str) -> str:
    """Read LaTeX of a bibliography: accents, symbols and escapes become characters, protecting braces go."""
    if not any(char in text for char in "\\{}~"):
        return text
    out: list[str] = []
    open_groups: list[str] = []
    position, after_command = 0, False
    while found := _TOKEN.match(text, position):
        token, kind, position = found[0], found.lastgroup, found.end()
        was_after, after_command = after_command, False
        is_kept = False
        if token == "{" and not was_after and text.startswith(("}\\", "}{", "}~"), position):
            is_kept = True
            found = _TOKEN.match(text, position + 1)
            assert found is not None, "a character follows the mark"
            token, kind, position = found[0], found.lastgroup, found.end()
        if kind == "command":
            symbol = None if is_kept else _symbol(token)
            out.append(symbol if symbol is not None else token)
            after_command = symbol is None
            if symbol is not None and (gap := _AFTER_SYMBOL.match(text, found.start() + len(token.rstrip()))):
                position = gap.end()
        elif token == "{":
            open_groups.append("argument" if was_after else "kept" if is_kept else "")
            out.append(token if open_groups[-1] else "")
        elif token == "}":
            kind_of = open_groups.pop() if open_groups else ""
            out.append(token if kind_of else _KEEP if was_after and text[position : position + 1].isalpha() else "")
            after_command = kind_of == "argument"
        else:
            out.append(token if is_kept else _character(token, kind))
    return "".join(out)


def _character(token: str, kind: str | None) -> str:
    """What an accent, an escape or a single character stands for."""
    if kind == "accent":
        return readable(token)
    if kind == "escape" and token[1] in "&%#_${}":
        return token[1]
    return " " if token == "~" else token


def _symbol(token: str) -> str | None:
    """The character that a command without an argument stands for."""
    name = _NAME.match(token)
    return _character_of(name[1]) if name and token.rstrip() == name[0] else None


@cache
def _character_of(name: str) -> str | None:
    if name in _CHARACTERS:
        return _CHARACTERS[name]
    if name in _FORMATS:
        return None
    shown = readable(f"\\{name}{{}}")
    return shown if len(shown) == 1 and not shown.isascii() else None


def is_harmless(text: str) -> bool:
    """Whether LaTeX that meets a text shows it and does nothing else: reads no file, runs nothing, defines nothing."""
    names = {found[1] for found in _CONTROL.finditer(text)}
    words = {name for name in names if name.isalpha() and name.isascii()}
    # ^^5c is another way to write a backslash; \@ begins the names of LaTeX's own commands.
    return "^^" not in text and "@" not in names and all(one in _HARMLESS or _character_of(one) for one in words)


def is_balanced(text: str) -> bool:
    """Whether braces balance, both as BibTeX counts them and as those do to whom a backslash hides one."""
    return all(_depth_holds(pattern.findall(text)) for pattern in (_BRACE, _BARE_BRACE))


def _depth_holds(braces: list[str]) -> bool:
    depth = 0
    for brace in braces:
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
