"""Which words may stand in the name of a theme. English; other languages get by with their titles' runs of words."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.text.terms import STOP_WORDS

_FUNCTION = """
    across along also although among another around beyond cannot could despite due either enough etc even ever every
    fairly far hence however instead less like likely may might moreover much must namely near nearly never often
    otherwise per perhaps rather respectively since several shall simply still such thereby therefore though thus
    together toward towards typically unlike upon us usually via well whereas whereby whether while whose within
    without would yet furthermore additionally specifically finally first second third secondly firstly lastly two
    three four five six seven eight nine ten one once twice many currently recently previously ie eg et al vs versus
    amid
"""
_VERBS = """
    accelerate achieve adapt address adopt advance aim align alleviate allow analyse analyze apply argue assess
    augment avoid balance become benefit boost break bridge bring build call capture challenge classify combine
    compare conduct consider construct contribute craft delete deliver demonstrate deploy derive design detect develop
    diagnose discover discuss dissect do employ empower enable encounter enhance enrich ensure erase establish
    evaluate examine exhibit explore extend extract facilitate fail find fix focus follow forget formulate foster gain
    generate get give go grow guide handle harness help highlight identify ignite illustrate implement improve
    incentivize incorporate increase indicate induce infer inspire integrate introduce investigate involve keep lack
    lead learn let leverage limit maintain make maximize meet minimize mitigate need observe obtain offer optimize
    outperform overcome overlook perform play pose predict present prevent produce promote propose prove provide put
    rank recognize recommend reduce refine reimagine release rely remain remove replace report require resolve rethink
    reveal revisit revolutionize scale see seek select serve show simulate solve steer strengthen struggle study
    suffer suggest support surpass tackle tailor take tell think train transform try uncover understand unify unleash
    unlock unveil use utilize validate verify work yield
"""
_PRAISE = """
    able advanced best better critical crucial current different diverse easy effective effectively efficient
    efficiently emerging essential exact existing extensive fast few flexible free full fully fundamental further
    general generic good great growing hard heterogeneous high higher highly holistic important improved inherent
    innovative key large large-scale larger latest light limited little long low lower main mainly major meaningful
    minimal modern more most natural nearly new next notable novel numerous old open open-source optimal original
    overall own particular possible potential powerful practical previous primarily principled prior proper promising
    public pure purely quick rapid raw ready real real-world reasonable recent reliable remarkable remarkably rich
    right robust same scalable seamless significant significantly similar simple simultaneously single small smart
    solid sound special specific standard state-of-the-art strict strong sub-optimal substantial suboptimal successful
    such suitable superior top traditional true truly typical underexplored unified unique universal up-to-date useful
    user-friendly valid valuable various vast versatile wide widely
"""
_NOISE = """
    ability abilities academia advance advances advantage advantages aspect aspects attention approach approaches
    availability base baseline baselines basis benefit benefits capability capabilities case cases category challenge
    challenges choice code codes combination community comparison complexity component components concern concerns
    condition conditions contribution contributions context contexts control core cost costs criteria degree demand
    demands detail details development difficulty dimension direction directions domain domains effect effects
    effectiveness efficiency effort efforts element era evidence example examples experiment experiments extent factor
    factors feature features field fields finding findings flexibility form framework frameworks function future gap
    gaps github goal goals ground group groups growth hand idea ideas impact implementation importance improvement
    improvements industry information input inputs insight insights instance interest issue issues kind lack landscape
    level levels limitation limitations line line life loss manner mean means mechanism mechanisms method methodology
    methods metric metrics model models module modules nature need needs novelty number objective objectives order
    outcome outcomes output outputs paper papers paradigm paradigms part parts performance perspective perspectives
    phase pipeline pipelines place platform point points practice presence problem problems process processes product
    progress promise properties property quality question questions range rate reality reason reliance requirement
    requirements research researcher researchers resource resources result results risk robustness role scale scenario
    scenarios scheme science scope score scores set sets setting settings shift side signal signals situation size
    solution solutions source sources space stage stages state step steps strategy strategies strength strengths
    structure structures study studies success system systems target task tasks team technique techniques technologies
    technology term terms test theory thing time times tool tools trade-off trend trends type types usage use value
    values variant variants variety version view volume way ways weakness whole world year years https
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _forms(verbs: str) -> frozenset[str]:
    """Verbs with -s, -ed and -ing."""
    forms = set()
    for verb in verbs.split():
        stem = verb.removesuffix("e")
        doubled = {verb + verb[-1] + end for end in ("ed", "ing")}
        forms |= {verb, f"{verb}s", f"{verb}es", f"{stem}ed", f"{stem}ing", *doubled}
        if verb.endswith("y"):
            forms |= {f"{verb[:-1]}ies", f"{verb[:-1]}ied"}
    irregular = (
        "became built brought chose chosen done drawn driven found gave given got led made met proven seen shown"
    )
    return frozenset(forms) | _words(irregular + " taken told took trained understood")


_NOMINAL = _words("learning training ranking understanding reporting planning modeling design study")
"""Forms of verbs that name things as well."""
_VESSELS = (
    "framework frameworks approach approaches paradigm paradigms method methods perspective perspectives technique"
)
TITLE_BREAKS = (_words(_FUNCTION + _PRAISE + _VESSELS) | frozenset(STOP_WORDS) | _forms(_VERBS)) - _NOMINAL
"""Words that no phrase of a title spans: function words, verbs, praise."""
ABSTRACT_BREAKS = TITLE_BREAKS | _words(_NOISE)
"""The same for abstracts, with the nouns that any abstract uses."""
CLAIMS = _words(
    "is are was were be been has have can will should must not no never cannot better best worse than why outperform"
    " outperforms outperformed surpass surpasses beat beats improve improves improved fail fails prove proves show"
    " shows achieve achieves reduce reduces increase increases hurt hurts help helps works win wins solve solves"
    " replace replaces remain remains lack lacks need needs"
)
"""Words of a name that claims something instead of naming a subject."""
OPENERS = _words("based aware driven system systems framework frameworks approach method model models")
"""Words with which no phrase begins."""

_ADJECTIVE = re.compile(
    r"(?:ive|ous|ful|able|ible|ic|ical|ary|ly|ized|ised|ated|ional|ural|ial|ual|ant|ent|ed|less|ish|al|er-level|ier|wise|sparse|dense|discrete|neural|fake)$",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"(?:music|topic|metric|logic|traffic|heuristic|critic|narrative|archive|incentive|library|vocabulary|dictionary"
    r"|summary|query|family|retrieval|signal|journal|portal|proposal|agent|content|document|patent|.ment|intent|event"
    r"|assistant|feed|speed|trial|tutorial|material|manual|gradient|client|patient|ingredient|student|talent|token"
    r"|table|news|medical imaging|reviewer|fabric|arithmetic|manifold|anomaly|family|assembly|supply|family)s?$",
    re.IGNORECASE,
)
_HYPHENATED_NOUN = re.compile(
    r"^(?:re|pre|auto|co|e)-|-(?:\w+ing|\w+ers?|\w+tion|\w+ment|commerce|SQL|search|retrieval|RAG|bias|analysis|QA)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 15)
def closes(word: str) -> bool:
    """Whether a phrase may end with a word: whether it looks like a noun."""
    if "-" in word or "–" in word:
        return bool(_HYPHENATED_NOUN.search(word))
    return bool(_NOUN.search(word)) or not _ADJECTIVE.search(word)
