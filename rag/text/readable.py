r"""Readable form of a paper's text: LaTeX, HTML and Markdown marks resolved, white space folded.

Abstracts are not LaTeX documents: they hold ``50%`` (a comment to LaTeX), ``$5``, ``snake_case``, URLs, the unknown
macros of their authors, and groups cut off where a passage ends. A LaTeX parser swallows words there (pylatexenc drops
what follows ``%``, drops unknown macros, fails on a cut ``\verb``), so the structure is read here, forgivingly, and
only the 800 symbols come from pylatexenc's table.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache, lru_cache

from rag.text.controls import without_controls
from rag.text.markup import unmarked

MAX_DEPTH = 12
"""Groups nested deeper than this lose their markup characters only; abstracts nest three deep."""

KEPT = 1024
"""Texts whose readable form is kept: an answer reads the same few abstracts a dozen times."""
_MARKUP = ("\\", "$", "&", "~", "--", "``", "<", "*", "](")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MATH_COMMAND = re.compile(r"\\[A-Za-z]+\s*(\{[^{}]*\})?")
_PROSE = re.compile(r"[A-Za-z]{2,},?\s+[A-Za-z]{2,}")
_WORD_AMONG_OTHERS = re.compile(r"\s[A-Za-z]{2,}(?:\s|$)|^[A-Za-z]{2,}\s")
_DAMAGED_SYMBOL = re.compile(r"\\([A-Za-z])\s?\{([a-z]{2,9})\}")

_TOKEN = re.compile(
    r"""(?P<url>(?:https?://|www\.)[^\s<>{}|\\^`$]+)
      | \\verb(?P<bar>[|!+])(?P<verb>[^|!+]*)(?P=bar)
      | \\(?P<command>[A-Za-z]+)\*?
      | \\(?P<escaped>\W|\d|_)
      | \$\$(?P<display>[^$]{1,400})\$\$
      | \$(?P<dollar>(?:[^$\\]|\\.){1,400}?)(?P<inner_space>\s?)\$(?P<digit>(?=\d))?
      | (?P<brace>[{}])
      | ``(?P<quoted>[^`]{1,300}?)(?:''|"|'(?!\w))
      | (?P<dash>(?<!-)---?(?!-))
      | (?P<tie>(?<=[A-Za-z.,)\]}$'])~(?=[A-Za-z0-9\\(\[$\s])|(?<=\d)~(?=[A-Za-z\\])|(?<=[\w)]~--)~|(?<=[\w)])~(?=--~))
      | (?P<script>[_^])
    """,
    re.VERBOSE | re.DOTALL,
)
_DELIMITED_MATH = {"(": re.compile(r"(.{0,400}?)\\\)", re.DOTALL), "[": re.compile(r"(.{0,400}?)\\\]", re.DOTALL)}

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304",
    "vec": "\u20d7",
    "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "acute": "\u0301", "grave": "\u0300", "breve": "\u0306",
}  # fmt: skip
_SUPERSCRIPT = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")

_SILENT = frozenset(
    "em it bf sc tt rm sl sf cal itshape bfseries scshape ttfamily rmfamily tiny footnotesize small normalsize large "
    "Large relax left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr displaystyle textstyle "
    "scriptstyle limits nolimits noindent protect xspace centering boldmath notag mathop operatorname".split()
)
_SPACES = frozenset("quad qquad par newline linebreak item hfill smallskip medskip bigskip enspace thinspace".split())
_DROPPED_ARGUMENT = frozenset("color label vspace hspace begin end vphantom phantom hphantom".split())
_REFERENCES = frozenset(
    "cite citep citet citealp citealt citeauthor citeyear autocite parencite ref eqref cref Cref autoref".split()
)
_FORMATTING = re.compile(
    r"text(?:bf|it|sc|tt|rm|sf|sl|up|superscript|subscript|color)?|math(?:bf|it|rm|sf|tt|bb|cal|scr|frak)|boldsymbol|bm"
    r"|emph|underline|footnote|href|url|[dt]?frac|sqrt|unicode|verb"
)
_OWN_SYMBOLS = {
    "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "LaTeX": "LaTeX", "TeX": "TeX", "textless": "<",
    "textgreater": ">", "textbar": "|", "textasciitilde": "~", "textasciicircum": "^", "lbrace": "{", "rbrace": "}",
    "copyright": "©", "pounds": "£", "degree": "°", "checkmark": "✓", "implies": "⟹", "iff": "⟺", "ne": "≠",
    "gets": "←", "colon": ":", "underscore": "_", "argmax": "arg max", "argmin": "arg min", "S": "§", "P": "¶",
    "mid": "|", "ast": "*", "lim": "lim", "Pr": "Pr", "det": "det", "dim": "dim", "deg": "deg", "gcd": "gcd",
    "ker": "ker", "arg": "arg", "textquotesingle": "'", "textunderscore": "_", "textdollar": "$", "textpercent": "%",
    "lq": "‘", "rq": "’", "lvert": "|", "rvert": "|", "lVert": "‖", "rVert": "‖", "dots": "…", "ldots": "…",
    "textellipsis": "…", "percent": "%", "triangleq": "≜", "coloneqq": "≔", "bmod": "mod", "mod": "mod",
    "blacksquare": "■", "square": "□", "xmark": "✗",
}  # fmt: skip


def readable(text: str) -> str:
    r"""Return `text` as a person reads it: one line, LaTeX commands, maths and HTML entities resolved, marks gone.

    Any slice of a text may be given: groups and maths that are cut off are read as far as they go. Nothing raises and
    no ordinary word is lost. Text without markup only has its white space folded. Control characters, which would steer
    a terminal, are taken out. A macro that is not known becomes its argument, or without one its name
    (``\method{}`` → ``method``: mostly the name of a system).

    Sub- and superscripts of digits become Unicode ones (``10⁻³``); NFKC folds them back for search.
    """
    if any(mark in text for mark in _MARKUP):
        text = _resolved(text)
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(without_controls(text).split())


@lru_cache(KEPT)
def _resolved(text: str) -> str:
    """A text with markup, as it reads without it."""
    text = _resolve_entities(unmarked(text))
    is_latex = "\\" in text or any(_is_math(match) for match in _TOKEN.finditer(text))
    return _render(text, math=False, braces=not is_latex, depth=0)


def _resolve_entities(text: str) -> str:
    """Resolve complete HTML entities, twice-escaped ones too; a bare ``&`` and ``?a=1&copy=2`` stay."""
    for _ in range(3):
        resolved = _ENTITY.sub(lambda match: html.unescape(match.group()), text)
        if resolved == text:
            break
        text = resolved
    return text


def _render(text: str, math: bool, braces: bool, depth: int) -> str:
    """Render one group's content.

    Args:
        text: The content, without its braces.
        math: True between dollars: ``_`` and ``^`` are scripts.
        braces: True keeps braces as written (the text holds no LaTeX).
        depth: How many groups are around this one.
    """
    if depth > MAX_DEPTH:
        return re.sub(r"[\\{}$]", " ", text)
    out: list[str] = []
    position = 0
    while match := _TOKEN.search(text, position):
        if match.start() > position:
            out.append(text[position : match.start()])
        piece, position = _render_token(text, match, out, math, braces, depth)
        if piece:
            out.append(piece)
    return "".join(out) + text[position:]


def _render_token(
    text: str, match: re.Match[str], out: list[str], math: bool, braces: bool, depth: int
) -> tuple[str, int]:
    """Return a token's readable form and the position after everything it took."""
    kind, end = match.lastgroup, match.end()
    token = match.group()
    if match["command"] is not None:
        return _render_command(text, match, out, math, depth)
    if match["escaped"] is not None:
        return _render_escape(text, match, math, depth)
    if match["verb"] is not None:
        return match["verb"], end
    if match["display"] is not None or match["dollar"] is not None:
        if not _is_math(match):
            return "$", match.start() + 1
        return _render(token.strip("$").strip(), True, False, depth + 1), end
    if match["quoted"] is not None:
        return f"“{_render(match['quoted'], math, braces, depth + 1)}”", end
    if kind == "brace":
        if braces:
            return token, end
        if token == "}":
            return "", end
        content, end = _group(text, match.start())
        return _render(content, math, False, depth + 1), end
    if kind == "script":
        return _render_script(text, match, depth) if math else (token, end)
    if kind == "dash":
        return _render_dash(text, match), end
    return (" ", end) if kind == "tie" else (token, end)


def _is_math(match: re.Match[str]) -> bool:
    """Tell maths between dollars from prices: ``$n$`` and ``$O(n)$`` are, ``$5 and $10`` and ``5$ or 10$`` are not."""
    if match["display"] is not None:
        return True
    content = match["dollar"]
    if content is None:
        return False
    if _MATH_COMMAND.search(content):
        return not _PROSE.search(_MATH_COMMAND.sub(" ", content))
    is_price = match["digit"] is not None and re.search(r"\w", content) and not re.search(r"[\^_]", content)
    if content[0].isspace() or match["inner_space"] or is_price:
        return False
    return not _WORD_AMONG_OTHERS.search(content)


def _render_escape(text: str, match: re.Match[str], math: bool, depth: int) -> tuple[str, int]:
    """Render a backslash before something that is no letter: an escape, an accent, a space or maths brackets."""
    char, end = match["escaped"], match.end()
    if char in _DELIMITED_MATH:
        if content := _DELIMITED_MATH[char].match(text, end):
            return _render(content[1].strip(), True, False, depth + 1), content.end()
        return char, end
    if char in _ACCENTS and (accented := _accented(text, end, char)):
        return accented
    if char == "@":
        return ("@" if text[end : end + 1].isalnum() else ""), end
    if char == "|":
        return ("‖" if math else "|"), end
    if char in "!-/":
        return "", end
    return (" " if char in ",;:>\\" or char.isspace() else char), end


def _render_command(text: str, match: re.Match[str], out: list[str], math: bool, depth: int) -> tuple[str, int]:
    """Render a named command with the arguments it takes."""
    name, end = match["command"], match.end()
    if damaged := _DAMAGED_SYMBOL.match(text, match.start()):  # arXiv's "\b{eta}" for "\beta"
        symbol = _symbols().get(damaged[1] + damaged[2])
        if symbol:
            return symbol, damaged.end()
    if name in _ACCENTS and (accented := _accented(text, end, name)):
        return accented
    if name in _SILENT:  # a switch such as \em also takes the blank after it
        return "", end + (_last_char(out).isspace() and text[end : end + 1].isspace())
    if name in _SPACES:
        return " ", end
    symbol = _symbols().get(name)
    if symbol is not None:
        return _spaced_symbol(symbol, text, end, out)
    arguments, after = _arguments(text, end)
    if not arguments:
        if _FORMATTING.fullmatch(name) or name in _REFERENCES or name in _DROPPED_ARGUMENT:
            return "", after
        return (name if len(name) > 1 else match.group()), after
    return _with_arguments(name, arguments, math, depth), after


def _with_arguments(name: str, arguments: list[str], math: bool, depth: int) -> str:
    """Render a command that has arguments; one that is not known stands for its arguments."""
    if name in _DROPPED_ARGUMENT and not re.search(r"\s", arguments[0].strip()):
        return " " + " ".join(_render(argument, math, False, depth + 1) for argument in arguments[1:])
    if name in _REFERENCES:
        return f"[{'; '.join(arguments)}]"
    if name == "unicode":
        return _unicode_character(arguments[0])
    if name == "url":
        return _plain_address(arguments[0]) + "".join(_render(rest, math, False, depth + 1) for rest in arguments[1:])
    if name in {"href", "hyperlink"} and len(arguments) > 1:
        shown, address = _render(arguments[1], math, False, depth + 1), _plain_address(arguments[0])
        return shown if shown.strip() == address else f"{shown} ({address})"
    rendered = [_render(argument, math, False, depth + 1) for argument in arguments]
    if name == "footnote":
        return f" ({rendered[0].strip()})" + "".join(rendered[1:])
    if name == "textcolor":
        return "".join(rendered[1:])
    if name in {"frac", "dfrac", "tfrac", "nicefrac"} and len(rendered) > 1:
        return f"{_bracketed(rendered[0])}/{_bracketed(rendered[1])}" + "".join(rendered[2:])
    if name == "sqrt":
        return f"√{_bracketed(rendered[0])}" + "".join(rendered[1:])
    if name == "mathbb":
        return _double_struck(rendered[0]) + "".join(rendered[1:])
    if name in {"textsuperscript", "textsubscript"} and rendered[0].isdigit():
        return rendered[0].translate(_SUPERSCRIPT if name == "textsuperscript" else _SUBSCRIPT) + "".join(rendered[1:])
    return (" " if name in {"SI", "qty"} else "").join(rendered)


def _render_script(text: str, match: re.Match[str], depth: int) -> tuple[str, int]:
    """Render ``^…`` or ``_…`` in maths: Unicode scripts where they exist, else the mark and a bracketed argument."""
    mark, end = match.group(), match.end()
    if text[end : end + 1] == "{":
        content, end = _group(text, end)
    elif command := re.compile(r"\\[A-Za-z]+\s*(\{[^{}]*\})?").match(text, end):
        content, end = command.group(), command.end()
    else:
        content, end = text[end : end + 1], end + 1
    rendered = "".join(_render(content, True, False, depth + 1).split())
    if mark == "^" and rendered in {"th", "st", "nd", "rd", "°", "′", "*", "∗"}:
        return rendered, end
    if mark == "^" and rendered == "∘":
        return "°", end
    table = _SUPERSCRIPT if mark == "^" else _SUBSCRIPT
    if rendered.strip("()") and all(ord(char) in table for char in rendered):
        return rendered.translate(table), end
    return (mark + _bracketed(rendered) if rendered else ""), end


def _render_dash(text: str, match: re.Match[str]) -> str:
    """Render ``--`` and ``---`` as dashes, except before an option's name (``--help``) and at the ends of a text."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    is_option = before in "([{`" or (before.isspace() and not after.isspace())
    if is_option or not after:
        return match.group()
    return "–" if len(match.group()) == 2 else "—"


def _accented(text: str, position: int, accent: str) -> tuple[str, int] | None:
    """Combine an accent with the letter after it; None when no letter follows (then it is no accent)."""
    pattern = r"\s*\{?\\([ij])(?![A-Za-z])\}?|\s*\{([^\W\d_])\}" + ("" if accent.isalpha() else r"|([^\W\d_])")
    if accent in {"hat", "widehat", "tilde", "widetilde", "bar", "vec", "dot", "ddot"}:
        pattern += r"|\s+([^\W\d_])"
    letter = re.compile(pattern).match(text, position)
    if letter is None:
        return None
    return unicodedata.normalize("NFC", next(filter(None, letter.groups())) + _ACCENTS[accent]), letter.end()


def _spaced_symbol(symbol: str, text: str, end: int, out: list[str]) -> tuple[str, int]:
    r"""Place a symbol: ``n\log n`` → ``n log n``; the blank that ends a command goes (``x\in X`` → ``x∈X``)."""
    before = _last_char(out)
    if text[end : end + 2] == "{}":
        end += 2
    elif (
        len(symbol) == 1
        and not symbol.isalpha()
        and not before.isspace()
        and before not in ",;"
        and text[end : end + 1] == " "
    ):
        end += 1
    return (f" {symbol}" if len(symbol) > 1 and symbol.isalpha() and before.isalnum() else symbol), end


def _last_char(out: list[str]) -> str:
    """Return the last character written, a blank at the beginning."""
    return out[-1][-1] if out else " "


def _arguments(text: str, position: int) -> tuple[list[str], int]:
    """Read ``[optional]{…}{…}`` after a command; no more than the groups that touch each other."""
    optional = re.compile(r"\s?\[[^\[\]]{0,60}\](?=\{)").match(text, position)
    start = optional.end() if optional else position
    if text[start : start + 2] == " {":
        start += 1
    arguments: list[str] = []
    while text[start : start + 1] == "{":
        content, start = _group(text, start)
        arguments.append(content)
        position = start
    return ([] if not any(argument.strip() for argument in arguments) else arguments), position


def _group(text: str, start: int) -> tuple[str, int]:
    """Return the content of the group that opens at `start` and the position after it; a cut one ends with the text."""
    level = 0
    for brace in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        if brace.group() == "{":
            level += 1
        elif brace.group() == "}":
            level -= 1
            if level == 0:
                return text[start + 1 : brace.start()], brace.end()
    return text[start + 1 :], len(text)


def _bracketed(text: str) -> str:
    """Put brackets around an expression of more than one term."""
    return text if re.fullmatch(r"\w+|.|\(.*\)|[\d.,]+", text) else f"({text})"


def _plain_address(text: str) -> str:
    """Undo the escapes LaTeX wants in an address."""
    return re.sub(r"\\([_%#&~$])", r"\1", text).strip()


def _unicode_character(argument: str) -> str:
    r"""Resolve ``\unicode{x2013}`` (MathJax); anything else stays as written."""
    number = re.fullmatch(r"x([0-9A-Fa-f]{1,5})|(\d{1,6})", argument.strip())
    if number is None:
        return argument
    code = int(number[1], 16) if number[1] else int(number[2])
    return chr(code) if code >= 32 and not 0xD800 <= code < 0xE000 else argument


def _double_struck(text: str) -> str:
    """``R`` → ``ℝ``, where Unicode's basic plane has the letter."""
    return text.translate(str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ"))


@cache
def _symbols() -> dict[str, str]:
    """Commands that stand for a symbol or a word, by name: pylatexenc's table and what it lacks."""
    from pylatexenc.latex2text import get_default_latex_context_db  # 40 ms: only texts with LaTeX pay for it

    placeholders = _REFERENCES | _DROPPED_ARGUMENT | _SPACES | {"today", "maketitle"}
    table = {
        spec.macroname: spec.simplify_repl
        for spec in get_default_latex_context_db().iter_macro_specs()
        if isinstance(spec.simplify_repl, str) and "%" not in spec.simplify_repl and spec.macroname not in placeholders
    }
    return table | _OWN_SYMBOLS
