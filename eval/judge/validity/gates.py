"""Gates: reasons for which a judged report is not valid, however good its figures look.

After Dietz et al., "LLM-Evaluation Tropes: Perspectives on the Validity of LLM-Evaluations", 2025 (arXiv 2504.19076).
To add one: write a function with `@gate` and name it in `GATES`. It returns why the report is not valid, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval.judge.config import JudgeConfig
from eval.judge.judgement import Judged, mean_score
from eval.judge.nuggets import SCORES
from eval.judge.planted import PlantKind
from eval.judge.validity.agreement import Agreement
from eval.judge.validity.families import EXTRACTIVE, families, stated

_FIXED = re.compile(r"\d{4}|(?=[0-9a-f]*\d)[0-9a-f]{7,}")
"""What a revision that stays must hold: a date or a hash. "latest", or a bare name, may mean another model tomorrow."""


ROUNDING = 1e-9
"""Means nearer than this are the same."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the gates look at.

    Attributes:
        config: The judge's settings.
        served_models: Names under which the server answered.
        prompt_hashes: Hash of each prompt used, by name.
        generators: Models that wrote the answers, as the answers' receipts name them.
        rerankers: Models that ranked the passages, as the runs' settings name them.
        used_labels: Labels the judge gave anywhere in the report.
        agreement: The judge beside the hand labels; None without any.
        honest: The runs' answers.
        planted: The planted answers by kind.
    """

    config: JudgeConfig
    served_models: frozenset[str]
    prompt_hashes: Mapping[str, str]
    generators: frozenset[str]
    rerankers: frozenset[str]
    used_labels: frozenset[str]
    agreement: Agreement | None
    honest: Sequence[Judged]
    planted: Mapping[PlantKind, Sequence[Judged]]


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition without which a judged report is not valid.

    Attributes:
        name: Its key in the report.
        meaning: What must hold, in one sentence.
        source: Where it comes from.
        check: Says why it does not hold, or None.
    """

    name: str
    meaning: str
    source: str
    check: Callable[[Evidence], str | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's outcome; `reason` is None where it holds."""

    gate: Gate
    reason: str | None


def gate(name: str, source: str) -> Callable[[Callable[[Evidence], str | None]], Gate]:
    """Make a `Gate` of a check; the first line of its docstring is the meaning."""

    def wrap(check: Callable[[Evidence], str | None]) -> Gate:
        return Gate(name, (check.__doc__ or "").strip().partition("\n")[0], f"arXiv 2504.19076, {source}", check)

    return wrap


@gate("judge_family", source="tropes 1 (circularity), 2 (evaluator as ranker) and 3 (LLM narcissism)")
def judge_family(evidence: Evidence) -> str | None:
    """The judge is of another model family than what wrote and ranked."""
    config = evidence.config
    judge = families(config.model) | stated([config.family] if config.family else [])
    if not judge:
        return f"The family of the judge {config.model} is not known, so it is not shown to differ. Set family."
    for role, models, given in (
        ("generator", evidence.generators, config.generators),
        ("reranker", evidence.rerankers, config.rerankers),
    ):
        related = stated(given) | families(*models)
        if judge & related:
            return f"The judge {config.model} and the {role} are of one family ({', '.join(sorted(judge & related))})."
        if given:
            continue
        if role == "generator" and not models:
            return "No answer says which model wrote it, so the judge is not shown to differ. Set generators."
        unknown = sorted(name for name in models if name != EXTRACTIVE and not families(name))
        if unknown:
            return f"The {role} {unknown[0]!r} has no known family, so the judge is not shown to differ. Set {role}s."
    return None


@gate("pinned_model", source="trope 7 (LLM evolution)")
def pinned_model(evidence: Evidence) -> str | None:
    """The judge is one fixed model: its revision is recorded, and the server answered as that model throughout."""
    config = evidence.config
    if not config.revision:
        return f"The judge {config.model} is not pinned. Set revision to a dated name, a commit or a hash."
    if "latest" in config.revision.casefold() or not _FIXED.search(config.revision.casefold()):
        return f"The judge's revision {config.revision} is not fixed. Set it to a dated name, a commit or a hash."
    others = sorted(evidence.served_models - {config.model, config.revision})
    if others or not evidence.served_models:
        served = f"as {others[0] or '(no name)'}" if others else "nothing"
        return f"The server answered {served}, and not as {config.model} or its revision {config.revision}."
    return None


@gate("pinned_prompts", source="trope 7 (LLM evolution): the prompt is a part of the evaluator")
def pinned_prompts(evidence: Evidence) -> str | None:
    """The prompts are those that the judge's settings pin by hash."""
    pinned = evidence.config.prompt_hashes
    missing = {name: digest for name, digest in sorted(evidence.prompt_hashes.items()) if name not in pinned}
    if missing or not evidence.prompt_hashes:
        wanted = ", ".join(f"{name}: {digest}" for name, digest in missing.items())
        return f"The prompts are not pinned. Set prompt_hashes to {{{wanted}}}."
    for name, digest in sorted(evidence.prompt_hashes.items()):
        if pinned[name] != digest:
            return f"The prompt {name} ({digest}) is not the pinned one ({pinned[name]})."
    return None


@gate("human_labels", source="trope 12 (rubber-stamp effect): by people who did not see the judge's labels")
def human_labels(evidence: Evidence) -> str | None:
    """People labelled a part of the judge's work by hand."""
    if evidence.agreement is None or evidence.agreement.n == 0:
        return "No hand-made labels were given for what was judged. Fill in the label sheet and give it to --human."
    return None


@gate("label_agreement", source="trope 5 (ignored label correlation)")
def label_agreement(evidence: Evidence) -> str | None:
    """The judge's agreement with the hand labels is shown for each label it uses, and is better than chance."""
    shown = evidence.agreement
    if shown is None:
        return "The judge's agreement with people (Cohen's κ) is not shown: there are no hand labels."
    missing = sorted(label for label in evidence.used_labels if shown.by_label.get(label) is None)
    if missing or shown.kappa is None:
        of = f" of {', '.join(missing)}" if missing else ""
        return f"Cohen's κ{of} cannot be computed from {shown.n} hand labels. Label more, of every kind."
    if shown.kappa <= 0:
        return f"The judge agrees with people no better than chance (Cohen's κ {shown.kappa:.2f})."
    return None


@gate("system_agreement", source="tropes 1 (circularity) and 5: shown as Kendall's τ over systems")
def system_agreement(evidence: Evidence) -> str | None:
    """The judge's order of the systems beside the hand's is shown, and is better than chance."""
    shown = evidence.agreement
    if shown is None or shown.tau is None:
        return "Kendall's τ over the systems is not shown: it needs hand labels of two systems that differ."
    if shown.tau <= 0:
        return f"The judge does not order the systems as people do (Kendall's τ {shown.tau:.2f})."
    return None


@gate("keyword_stuffing", source="tropes 10 (overfitting to the measure) and 11 (adversarial threats)")
def keyword_stuffing(evidence: Evidence) -> str | None:
    """Planted answers that only list keywords score below the honest ones."""
    return _beaten(evidence, "keyword_stuffed")


@gate("prompt_injection", source="trope 11 (adversarial threats)")
def prompt_injection(evidence: Evidence) -> str | None:
    """Planted answers that tell the judge what to say score below the honest ones."""
    return _beaten(evidence, "prompt_injecting")


def _beaten(evidence: Evidence, kind: PlantKind) -> str | None:
    """Why planted answers of this kind are not beaten; every score that is reported must tell them apart."""
    what = f"{kind.replace('_', '-')} answers"
    compared = 0
    for name in SCORES:
        honest, planted = mean_score(evidence.honest, name), mean_score(evidence.planted.get(kind, ()), name)
        if honest is None or planted is None:
            continue
        compared += 1
        if planted >= honest - ROUNDING:
            return f"Planted {what} reach {planted:.2f} on {name}, the honest ones {honest:.2f}."
    return None if compared else f"No {what} were planted and judged."


GATES: tuple[Gate, ...] = (
    judge_family, pinned_model, pinned_prompts, human_labels, label_agreement, system_agreement, keyword_stuffing,
    prompt_injection,
)  # fmt: skip
"""All of them, in the order in which reports show them."""


def check_all(evidence: Evidence) -> tuple[Verdict, ...]:
    """Every gate's verdict; a report is valid when no verdict has a reason."""
    return tuple(Verdict(gate, gate.check(evidence)) for gate in GATES)
