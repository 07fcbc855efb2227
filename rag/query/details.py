"""Which detail a question asks for, and whether it stands in a paper's text.

Answer typing as in early question answering (Li & Roth, "Learning Question Classifiers", COLING 2002), for the few
types that an abstract often leaves out: a count, a measured value, any figure, the name of something, a link. A
question that asks for none of these demands nothing, and nothing is missing. The tables prefer to miss a demand: what
they claim is missing is said to the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.index.chunks import sentences
from rag.query.facts import Fact, read_fact
from rag.query.kind import is_name

DetailKind = Literal["count", "measure", "figure", "name", "link", "fact", "means"]


@dataclass(frozen=True, slots=True)
class Detail:
    """Something definite that a question wants to be told.

    Attributes:
        kind: What would satisfy it: a number beside a noun, a number beside a measure, any number, a name, an address,
            a statement of a fact, a word of what it is said to use.
        noun: As the question words it: ``participants``, ``web search API``.
        words: Stems, one of which must stand near the number or name; empty where anything does.
        fact: The fact whose statement would satisfy it; None for the other kinds.
    """

    kind: DetailKind
    noun: str
    words: frozenset[str] = frozenset()
    fact: Fact | None = None

    @property
    def missing(self) -> str:
        """The detail in words that follow "gives no": ``number of participants``."""
        if self.fact:
            return self.fact.missing
        if self.kind == "means":
            return f"word on {self.noun}"
        if self.kind == "count":
            return f"number of {self.noun}"
        if self.noun.lower() in ("percentage", "fraction", "share", "factor"):
            return self.noun.lower()
        if self.kind == "measure":
            return f"figure for the {self.noun}"
        return {"figure": "figure for it", "link": "link to it"}.get(self.kind) or f"name of the {self.noun}"


# Words that stand for one another beside a number or a name; each line is one group.
_SYNONYMS = [
    frozenset(line.split())
    for line in """
    participant subject people person respondent volunteer user student individual interviewee
    annotator assessor expert judge annotation
    gpu tpu accelerator a100 h100 h800 v100 4090
    question query example sample instance pair problem
    document article paper passage page record abstract publication study
    item product track song movie video
    user player customer member person consumer
    second minute hour day ms s millisecond latency
    parameter param b
    dataset benchmark corpus corpora collection testbed
    language multilingual
    accuracy accurate acc accurately
    precision precise
    uplift lift gain improvement increase improve increasing raise growth boost
    reduction drop decrease decline saving reduce decreasing drops
    correlation agreement kappa kendall spearman pearson
    latency time second ms faster speed
    speedup speed faster time x times
    throughput qps request
    cost price usd dollar $ € cheaper
    percentage percent % share fraction
    error wer rate
    """.strip().splitlines()
]
_MEASURE = (
    r"n?dcg(?:@\d+)?|f1|accurac(?:y|ies)|precision|recall(?:@\d+)?|mrr(?:@\d+)?|m?ap@\d+|auc|bleu|rouge(?:-l)?|hit\s+rate|scores?"
    r"|uplifts?|lifts?|gains?|improvements?|increases?|reductions?|drops?|speed-?ups?|throughput|latency|correlation|kappa"
    r"|agreement|ratio|percentage|fraction|share|margin|costs?|price|learning\s+rate|batch\s+size|error\s+rate|temperature"
    r"|sensitivity|specificity|au(?:ro?|pr)?c|rmse|m[as]e|psnr|ssim|perplexity|[wc]er|iou|dice(?:\s+(?:score|coefficient))?"
)
_RESOURCES = {
    "money": (r"money|revenue|profit", "money revenue profit gmv sale usd dollar $ € cost saving budget"),
    "memory": (r"(?:gpu\s+)?memory|v?ram|storage|disk\s+space", "memory vram ram gb mb gigabyte storage disk space"),
    "energy": (r"energy|electricity|power", "energy electricity power kwh joule watt"),
    "data": (
        r"(?:(?:training|labell?ed)\s+)?data",
        "data dataset corpus token sample example instance pair image hour document record interaction label",
    ),
}
"""What "how much … does it need" wants the amount of, with the words one of which must stand near the figure."""
_NAMED = {
    "model": r"base\s+llm|backbone(?:\s+llm|\s+model)?|base\s+model|backbone|llms?|language\s+models?|embedding\s+model"
    r"|encoder|teacher\s+model",
    "dataset": r"data\s?sets?|benchmarks?|corpus|corpora|test\s+collections?",
    "tool": r"apis?|search\s+engine|librar(?:y|ies)|tool\s?kit|vector\s+(?:database|store)|software"
    r"|programming\s+language|gpus?|hardware|optimi[sz]er",
    "body": r"hospitals?|compan(?:y|ies)|universit(?:y|ies)|institutions?|organi[sz]ations?|platforms?|countr(?:y|ies)"
    r"|cit(?:y|ies)|agenc(?:y|ies)|newspapers?",
    "venue": r"conference|venue|journal|workshop",
    "licence": r"licen[cs]e",
}
"""What a question may want the name of; the keys are looked up in `_KNOWN`."""
_MODEL_NAME = re.compile(
    r"\b(?:gpt|chatgpt|llama|qwen|mistral|mixtral|gemini|gemma|claude|deepseek|phi|bert|roberta|t5|opt|bloom|vicuna|baichuan|glm"
    r"|chatglm|minicpm|internlm|palm|falcon|sonnet|o1|o3|e5|bge|clip)\b|\b(?:gpt|llama|qwen|gemma|phi|glm|deepseek|claude|gemini)[-\d]",
    re.IGNORECASE,
)
_KNOWN = {
    "model": _MODEL_NAME,
    "venue": re.compile(
        r"\b(?:sigir|recsys|neurips|acl|emnlp|kdd|cikm|wsdm|www|trec|clef|ecir|iclr|icml|aaai|journal|conference|workshop)\b",
        re.IGNORECASE,
    ),
    "licence": re.compile(r"\b(?:licen[cs]e|apache|mit|gpl|cc[- ]by|creative commons)\b", re.IGNORECASE),
}
"""What such names look like; of the other kinds, any capitalised word in a sentence about them may be one."""

_OF = r"(?:of|over|in|on|for|with|about|from|by|than|against|between|among|behind)"
"""What stands behind such a word belongs to the noun before it: "which limits of LLMs" wants no model's name."""
_NOT_VERB = r"(?:(?!(?:is|are|was|were|do|does|did|has|have|had|can|could|should|would|to)\b)[\w/@.%-]+\s+)"
_COUNT = re.compile(
    rf"\bhow\s+many\s+(?P<a>{_NOT_VERB}{{0,3}}?(?:people|\w[\w-]*(?<!s)s))(?=\W|$)"
    rf"|(?:^\W*|\bwhat(?:['’]s|\s+(?:is|was|were))\s+the\s+)(?:total\s+)?number\s+of\s+(?P<b>{_NOT_VERB}{{0,2}}?(?:people|\w[\w-]*(?<!s)s))(?=\W|$)",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    rf"\b(?:what|which)(?:['’]s\s+the)?\s+(?:(?:is|was|were|are)\s+the\s+)?(?P<noun>{_NOT_VERB}{{0,4}}?(?P<head>{_MEASURE}))(?=\W|$)(?!\s+(?:measure|metric|function)s?\b)",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"\bhow\s+(?:much\s+(?!(?:do|does|should|can|of)\b)|often\b(?!\s+(?:do|should)\b)|fast\b|large\b|big\b|high\b|accurate\b|expensive\b)"
    r"|\bby\s+(?:how\s+much|what\s+(?:factor|margin|percentage))\b",
    re.IGNORECASE,
)
_AMOUNT = {
    name: re.compile(
        rf"\bhow\s+much\s+(?P<noun>{nouns})\s+(?:do|does|did|is|are|was|were|can|could|would|has|have|will)\b",
        re.IGNORECASE,
    )
    for name, (nouns, _) in _RESOURCES.items()
}
_NAME_OF = {
    name: re.compile(
        rf"\b(?:which|what)\s+(?P<noun>(?:(?!kinds?\b|types?\b|sorts?\b|two\b|three\b|{_OF}\b){_NOT_VERB}){{0,3}}?"
        rf"(?:{heads}))(?=\W|$)",
        re.IGNORECASE,
    )
    for name, heads in _NAMED.items()
}
_MEANS = re.compile(
    r"^\W*(?:how|why|where|for\s+what)\s+(?:does|did)\s+(?P<name>\S+)\s+(?:use|employ|apply|exploit|leverage|rely\s+on)\s+"
    r"(?P<noun>(?!it\b|them\b|the\s+same\b)[\w-]+(?:\s+[\w-]+){0,2}?)(?=\s+(?:to|for|in|on|as|when|with|by|during|at)\b|\W*$)",
    re.IGNORECASE,
)
"""A question that takes for granted what a named system uses."""
_HEADS = frozenset(
    "model learning method network data algorithm system approach technique training information the".split()
)
"""Heads of such phrases that abstracts hold anyhow: what "reinforcement learning" is told by is its first word."""
_DURATION = re.compile(r"\bhow\s+long\b(?!\s+(?:should|can|must)\b)", re.IGNORECASE)
_TIME = frozenset("second minute hour day week month year ms s millisecond".split())
_CLAUSE = re.compile(r"(?<=[?!;])\s+|(?<=[a-z)]\.)\s+(?=[A-Z])")
_YES_NO = re.compile(
    r"\W*(?:(?:and|ok|so|but)\W+)*(?:is|are|was|were|has|have|had|do|does|did|can|could|should|would|will|if|when|since)\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"\bwhere\s+(?:can|could|do)\s+(?:i|we|one)\s+(?:get|find|download)\b|\b(?:url|github|link)\b", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"https?://|\bgithub\b|\bwww\.|\b(?:publicly|freely|openly)\s+available\b|open[- ]sourced?\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?<!figure )(?<!table )(?<!section )(?<!appendix )"
    r"(?<![\w@.\-])(?!(?<=\()\d{1,2}\))[$€£~]?\d[\d,.]*(?=\W|$|[kmbx]\b|ms\b|s\b)"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|fifty|dozens?|hundreds?|thousands?"
    r"|millions?|billions?|half|third|quarter|twice|twofold|doubl\w+|tripl\w+|order(?:s)?\s+of\s+magnitude)\b",
    re.IGNORECASE,
)
_OF_A_WORD = re.compile(r"-(?!fold|points?\b|percent|times)[a-z]", re.IGNORECASE)
"""What makes a number part of a word: "3-stage"."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[$€%]|[^\W_]+")
_NEAR = 6
"""Words between a number and what it counts."""


def read_details(question: str) -> tuple[Detail, ...]:
    """The definite details that a question asks for, in its order; most questions ask for none."""
    if fact := read_fact(question):
        return (Detail("fact", "", fact=fact),)
    clauses = (clause for clause in _CLAUSE.split(question) if not _YES_NO.match(clause))
    return tuple(detail for clause in clauses for detail in _read(clause))


def _read(question: str) -> list[Detail]:
    counted = [_fold(match["a"] or match["b"]) for match in _COUNT.finditer(question)]
    found = [Detail("count", noun, near(noun)) for noun in counted if "times" not in noun]
    if not found:
        for match in _MEASURED.finditer(question):
            # A bare "score" may be any figure.
            anything = match["head"].lower() in ("score", "scores") and match["noun"].lower() == match["head"].lower()
            found.append(Detail("figure" if anything else "measure", _fold(match["noun"]), near(match["head"])))
    for name, pattern in _AMOUNT.items():
        if amount := pattern.search(question):
            found.append(Detail("measure", _fold(amount["noun"]), frozenset(_RESOURCES[name][1].split())))
    for name, pattern in _NAME_OF.items():
        for match in pattern.finditer(question):
            if not any(_fold(match["noun"]) in detail.noun for detail in found):
                found.append(Detail("name", _fold(match["noun"]), frozenset({name}) | near(match["noun"])))
    if not found and _FIGURE.search(question):
        found.append(Detail("figure", ""))
    if not found and _DURATION.search(question):
        found.append(Detail("count", "seconds, hours or days", _TIME))
    if not found and (means := _MEANS.match(question)) and is_name(means["name"]):
        found.append(Detail("means", _fold(means["noun"]), _roots(means["noun"])))
    if not found and _LINK.search(question):
        found.append(Detail("link", ""))
    return found


def stands_in(detail: Detail, text: str) -> bool:
    """Whether a text holds something that could be the detail.

    Args:
        detail: What is asked for.
        text: A paper's title and abstract in readable form.
    """
    if detail.fact:
        return bool(detail.fact.stated.search(text))
    if detail.kind == "link":
        return bool(_ADDRESS.search(text))
    if detail.kind == "means":
        return not detail.words or any(word.startswith(tuple(detail.words)) for word in _stems(text))
    return any(_in_sentence(detail, text[start:end]) for start, end in sentences(text))


def near(noun: str) -> frozenset[str]:
    """The stem of a phrase's last word with those that stand for it."""
    stem = _stems(noun)[-1]
    return frozenset({stem}).union(*(group for group in _SYNONYMS if stem in group))


def _in_sentence(detail: Detail, sentence: str) -> bool:
    if detail.kind == "name":
        return _names(detail, sentence)
    numbers = [match for match in _NUMBER.finditer(sentence) if not _YEAR.fullmatch(match.group())]
    if detail.kind == "figure" or not numbers:
        return not all(_OF_A_WORD.match(sentence, match.end()) for match in numbers)
    if detail.kind == "measure":
        return not detail.words.isdisjoint(_stems(sentence))
    return any(
        not detail.words.isdisjoint(_stems(sentence[match.end() :])[:_NEAR])
        or not detail.words.isdisjoint(_stems(sentence[: match.start()])[-2:])
        for match in numbers
    )


def _names(detail: Detail, sentence: str) -> bool:
    for name in detail.words & _KNOWN.keys():
        if _KNOWN[name].search(sentence):
            return True
    if not detail.words.isdisjoint(_KNOWN):
        return False
    capital = re.search(r"(?<=[\s(])[A-Z][\w-]*", sentence)
    return bool(capital) and not detail.words.isdisjoint(_stems(sentence))


def _fold(phrase: str) -> str:
    return " ".join(phrase.split())


def _stems(text: str) -> list[str]:
    """Words in order, lower-cased, without a plural's ending."""
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _roots(noun: str) -> frozenset[str]:
    """What the words of a phrase begin with in all their forms, roughly; without heads that stand for anything."""
    return frozenset(stem[: max(5, len(stem) * 6 // 10)] for stem in _stems(noun) if stem not in _HEADS)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
