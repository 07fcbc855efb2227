"""Citation markers as models really spell them, rewritten to ``[1]`` while the text streams in.

Square, wide and double brackets, footnotes, tags and commands of LaTeX are markers wherever they hold nothing but the
numbers of sources. Round brackets and raised figures are something else in many texts: they count where a sentence
ends, or where they say "source". A number that no source has stays as it is there.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping

from rag.write.grounding.markers import cited

NAMES = (
    r"(?:(?:see|from|cf\.?|per)\s+)?(?:sources?|src|refs?\.?|references?|passages?|docs?\.?|documents?|papers?"
    r"|excerpts?|cites?|citations?)"
)
"""What sources are called."""
_LABEL = rf"(?:(?:{NAMES}|footnote|fn|note|s)?\s*[:#.]?\s*#?)"
_NUMBER = r"[^\W\D_]{1,3}(?!\d)"
_TAIL = r"(?::\d{1,3})?(?:\u2020[^\]\u3011\n,;]{0,30})?"
_BETWEEN = r"(?:\s*(?:,|;|&|\+|/|\band\b|\bto\b|[-\u2013\u2014])+\s*(?:(?:and|&)\s+)?|\s+)"
_LIST = rf"{_LABEL}{_NUMBER}{_TAIL}(?:{_BETWEEN}{_LABEL}{_NUMBER}{_TAIL}){{0,9}}"
_ROUND = rf"\(\s?(?:{NAMES}\s*[:#.]?\s*)?{_NUMBER}(?:{_BETWEEN}(?:{NAMES}\s*)?{_NUMBER}){{0,9}}\s?\)"
_RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
_SPELT = re.compile(
    rf"(?<!!)(?P<dress>\*\*|`|\^)?(?:\\?\[\s?\^?{_LIST}\^?\s?\\?\]|\[\[\s?{_LIST}\s?\]\])(?:\(#[^()\s]{{0,40}}\))?"
    rf"(?(dress)(?:(?P=dress))|)"
    rf"|(?<!!)\[\s?\^?{_LIST}\^?\s?\]"
    rf"|[\u3010\u3014\uff3b\u27e6]\s?{_LIST}\s?[\u3011\u3015\uff3d\u27e7]"
    rf"|<(?P<tag>cite|ref|source|citation|c|fn|footnote)\b[^<>]{{0,60}}>\s*\[?{_LIST}\]?\s*</(?P=tag)>"
    r"|<(?:cite|ref|source|citation|fn|footnote)\s+[\w:-]+\s*=\s*[\"']?(?:source|src|s|#)?[-_ ]?"
    r"(?P<attribute>\d{1,3})[\"']?\s*/?>"
    rf"|\\cite[pt]?\{{\s*(?:source|src|s)?[-_:]?{_LIST}\s*\}}"
    rf"|(?P<power>\$\^\{{?{_NUMBER}\}}?\$|<sup>\s*\[?{_LIST}\]?\s*</sup>|[{_RAISED}]+(?:,\s?[{_RAISED}]+)*)"
    rf"|(?P<round>(?:(?<!\w){_ROUND}\s?){{0,3}}(?<!\w){_ROUND})",
    re.IGNORECASE,
)
_OPENS = re.compile(rf"\*\*?|`|\^|\\|[\[(\u3010\u3014\uff3b\u27e6<$]|[{_RAISED}]")
_BEGUN = re.compile(
    r"(?:\*\*?|`|\^)?\\?(?:[\[(\u3010\u3014\uff3b\u27e6]{1,2}(?P<inner>[\w\s.,;:#&+/^\u2020\u2013\u2014-]{0,60})"
    r"(?:\\?[\])\u3011\u3015\uff3d\u27e7]{0,2}(?:[*`^]{0,2}|\((?:#[^()\s]{0,40})?))?)?"
    r"|<[^<>\n]{0,60}|<(?:sup|cite|ref|source|citation|c|fn|footnote)\b[^<>]{0,60}>"
    r"[\w\s.,;:#\[\]&-]{0,40}(?:</?\w{0,10})?"
    r"|\\c(?:i(?:t(?:e[pt]?(?:\{[^{}\n]{0,40})?)?)?)?|\$(?:\^(?:\{?\d{0,3}\}?)?)?"
    rf"|[{_RAISED}][{_RAISED},\s]*",
    re.IGNORECASE,
)
"""What may still become a marker."""
_HOPEFUL = (
    "sources source src refs ref references reference passages passage docs doc documents document papers paper "
    "excerpts excerpt cites cite citations citation footnote fn note see from cf per and to s"
).split()
LONGEST = 120
_NUMBERS = re.compile(rf"(?P<range>[-\u2013\u2014]|\bto\b)?\s*{_LABEL}(?P<number>{_NUMBER}){_TAIL}", re.IGNORECASE)
_ENDS = re.compile(r"\s?[.!?\u2026]?[\"'\u201d\u2019)*_]*(?:\s*$|\s+[A-Z\d\"\u201c(\[*-]|\n)")
_POWERS = str.maketrans(_RAISED, "0123456789")
LOOK = 5
"""Characters behind a round bracket that say whether a sentence ends there."""
_KEPT = 6


def normalised(tokens: Iterable[str], known: Container[int]) -> Iterator[str]:
    """Rewrite the markers of a streamed text.

    Args:
        tokens: The text in pieces of any length.
        known: The numbers that sources have.

    Yields:
        The text with its markers as ``[1]``, ``[1, 2]`` or ``[1-3]``; where it came in other pieces, the same.
    """
    waiting, context = "", ""
    for token in tokens:
        waiting += token
        done, waiting, context = _rewritten(waiting, context, known, final=False)
        if done:
            yield done
    done, _, _ = _rewritten(waiting, context, known, final=True)
    if done:
        yield done


def _rewritten(waiting: str, context: str, known: Container[int], *, final: bool) -> tuple[str, str, str]:
    """What is certain, what is not, and the characters before it."""
    text, at = context + waiting, len(context)
    keep = len(text) if final else _first_begun(text, at)
    done = ""
    for match in _SPELT.finditer(text, at):
        if match.end() > keep or (match["round"] and not final and len(text) - match.end() < LOOK):
            keep = min(keep, match.start())
            break
        read = _read(match, text, known)
        apart = " " * (read != match.group() and text[: match.start()][-1:].isalnum())
        done += text[at : match.start()] + apart + read
        at = match.end()
    return done + text[at:keep], text[keep:], text[max(0, keep - _KEPT) : keep]


def _first_begun(text: str, at: int) -> int:
    """Where what may still become a marker begins; the text's end where nothing may."""
    for opener in _OPENS.finditer(text, max(at, len(text) - LONGEST)):
        begun = _BEGUN.fullmatch(text, opener.start())
        if begun and _may_be(begun["inner"] or ""):
            return opener.start()
    return len(text)


def _may_be(inner: str) -> bool:
    """Whether what was opened holds only words that a marker may have; the last one may not be whole."""
    *whole, last = re.split(r"[\W\d_]+", inner.partition("\u2020")[0].lower())
    return all(not word or word in _HOPEFUL for word in whole) and any(name.startswith(last) for name in _HOPEFUL)


def _read(match: re.Match[str], text: str, known: Container[int]) -> str:
    """A spelling as markers, or as it stands where it is something else."""
    written = match.group()
    if match["attribute"]:
        return f"[{int(match['attribute'])}]"
    if match["power"]:
        return _power(match, text, known)
    if match["round"]:
        named = re.search(NAMES, written, re.IGNORECASE)
        groups = [_canonical(group, known) for group in re.findall(r"\([^()]*\)", written)]
        before = text[max(0, match.start() - 2) : match.start()].rstrip()
        ends = _ENDS.match(text, match.end()) and (
            not re.match(r"\s+[A-Z\d\"\u201c(\[*-]", text[match.end() :]) or before.endswith((".", "!", "?"))
        )
        return "".join(map(str, groups)) if all(groups) and (named or ends) else written
    return _canonical(re.sub(r"<[^<>]*>|\(#[^()]*\)", " ", written), None) or written


def _power(match: re.Match[str], text: str, known: Container[int]) -> str:
    """A raised figure: a marker behind a word or a stop, a power behind a unit or a number."""
    before = text[: match.start()]
    if not re.search(r"[^\W\d_]{3}\s?$|[.!?,;:)\"'\u201d\u2019\]]\s?$|[^\W\d_]{2,}\s$", before):
        return match.group()
    inner = re.sub(r"<[^<>]*>|[$^{}]", " ", match.group().translate(_POWERS))
    return (
        _canonical(inner, known)
        or (_canonical(" ".join(inner.strip()), known) if inner.strip().isdigit() else None)
        or match.group()
    )


def _canonical(written: str, known: Container[int] | None) -> str | None:
    """The numbers in a spelling as one marker; None where there are none, or one that `known` lacks."""
    numbers: list[str] = []
    for match in _NUMBERS.finditer(written):
        value = int(match["number"])
        if value == 0 or (known is not None and value not in known):
            return None
        if match["range"] and numbers:
            numbers[-1] += f"-{value}"
        else:
            numbers.append(str(value))
    return f"[{', '.join(numbers)}]" if numbers else None


_ONE = rf"#?\[?{_NUMBER}\]?"
_SOURCES = rf"(?:the\s+)?(?P<sources>(?:sources?|passages?)\s+{_ONE}(?:{_BETWEEN}{_ONE}){{0,9}})"
_SAYING = r"(?:states?|says?|reports?|mentions?|notes?|explains?|shows?|finds?|indicates?|describes?|claims?)"
_OPENING = re.compile(
    rf"(?:(?:according\s+to|as\s+per|per|based\s+on|from|in|as\s+\w+\s+(?:in|by))\s+{_SOURCES}\s*,\s*"
    rf"|{_SOURCES.replace('sources>', 'sayer>')}\s+{_SAYING}\s+that\s+)(?=\w)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(rf"{_SOURCES}(?=\s+[a-z])", re.IGNORECASE)
_CLOSING = re.compile(
    rf",?\s+(?:as|according\s+to|per)\s+(?:\w+\s+(?:in|by)\s+)?{_SOURCES}(?:\s+{_SAYING})?(?=\W*$)", re.I
)
_LEAD = re.compile(r"\s*(?:(?:[-*+\u2022]|\d{1,3}[.)])\s+)?")
_STOP = re.compile(r"[.!?\u2026]*[\"'\u201d\u2019)*]*\s*$")


def by_id(sentence: str, ids: Mapping[str, int]) -> str:
    """A sentence whose markers are the papers' ids ("[arXiv:2504.05309]"), with the numbers of the sources instead.

    Args:
        sentence: The sentence.
        ids: The number of each paper's first source.
    """
    if not any(paper_id in sentence for paper_id in ids):
        return sentence
    one = rf"(?:arxiv\s*:\s*)?(?:{'|'.join(map(re.escape, ids))})(?:v\d+)?"
    marker = re.compile(rf"[\[(\u3010]\s?{one}(?:\s*[,;]\s*{one})*\s?[\])\u3011]", re.IGNORECASE)
    folded = {paper_id.casefold(): n for paper_id, n in ids.items()}
    named = re.compile("|".join(map(re.escape, folded)), re.IGNORECASE)

    def numbers(match: re.Match[str]) -> str:
        found = dict.fromkeys(folded[paper_id.casefold()] for paper_id in named.findall(match.group()))
        return f"[{', '.join(map(str, found))}]"

    return marker.sub(numbers, sentence)


def in_words(sentence: str, known: Container[int]) -> str:
    """A sentence that names its source in words ("According to source 1, …"), with a marker instead.

    As the subject of its sentence the source stays one ("The source describes …"), without its number, which means
    nothing to a reader.
    """
    lead = _LEAD.match(sentence)
    start = lead.end() if lead else 0
    head, body = sentence[:start], sentence[start:]
    if match := _OPENING.match(body):
        rest = body[match.end() :]
        said, named = rest[:1].upper() + rest[1:], match["sources"] or match["sayer"]
    elif match := _CLOSING.search(body):
        said, named = body[: match.start()] + body[match.end() :], match["sources"]
    elif match := _SUBJECT.match(body):
        many = match["sources"].split()[0].lower().endswith("s")
        said, named = f"The source{'s' * many}{body[match.end() :]}", match["sources"]
    else:
        return sentence
    marker = _canonical(re.sub(r"[^\W\d_]{3,}(?<!and)(?<!to)", " ", named), known)
    if marker is None:
        return sentence
    return head + (said if cited(said) else _STOP.sub(rf" {marker}\g<0>", said, count=1))
