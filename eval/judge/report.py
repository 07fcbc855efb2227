"""A judged report: JSON and a page, headed VALID or NOT VALID with the reasons."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eval.judge.client import Ledger
from eval.judge.config import JudgeConfig
from eval.judge.judgement import Duel, Judged, Judgement, Topic, answer_text, mean_score
from eval.judge.nuggets import SCORES, Nuggets
from eval.judge.planted import PLANT_KINDS
from eval.judge.validity.agreement import HandLabel
from eval.judge.validity.gates import Evidence, Verdict
from eval.metrics.confidence import LEVEL, RESAMPLES, SEED
from eval.runs.record import RunRecord
from rag.config import public_values

SHEET_ROWS = 60
"""Labels asked of people."""


@dataclass(frozen=True, slots=True)
class JudgedReport:
    """A judgement with what speaks for and against believing it."""

    config: JudgeConfig
    judgement: Judgement
    evidence: Evidence
    verdicts: tuple[Verdict, ...]
    ledger: Ledger

    @property
    def reasons(self) -> list[str]:
        """Why the report is not valid; empty when it is."""
        return [verdict.reason for verdict in self.verdicts if verdict.reason is not None]

    @property
    def valid(self) -> bool:
        """Whether every gate holds."""
        return not self.reasons

    def as_json(self) -> dict[str, Any]:
        """The content of judged.json; the same in every run with the same replies."""
        judgement, evidence = self.judgement, self.evidence
        return {
            "valid": self.valid,
            "reasons": self.reasons,
            "gates": [_verdict_json(verdict) for verdict in self.verdicts],
            "judge": public_values(self.config.model_dump(mode="json", exclude={"prompt_hashes"}))
            | {"served_models": sorted(evidence.served_models), "fingerprints": sorted(self.ledger.fingerprints)},
            "prompts": dict(evidence.prompt_hashes),
            "generators": sorted(evidence.generators),
            "rerankers": sorted(evidence.rerankers),
            "confidence": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
            "systems": {run: _system_json(judgement, run) for run in judgement.runs},
            "duels": [_duel_json(duel) for duel in judgement.duels()],
            "planted": {kind: _means(judgement.planted(kind)) for kind in PLANT_KINDS},
            "agreement": evidence.agreement.as_json() if evidence.agreement else None,
            "topics": [_topic_json(topic, judgement) for topic in judgement.topics],
            "without_nuggets": [_head(topic) for topic in judgement.without_nuggets],
            "parse_failures": {
                "by_stage": dict(sorted(Counter(failure.stage for failure in self.ledger.failures).items())),
                "calls": [asdict(failure) for failure in self.ledger.failures],
            },
            "usage": {
                "calls": self.ledger.calls,
                "parse_retries": self.ledger.parse_retries,
                "prompt_tokens": self.ledger.prompt_tokens,
                "completion_tokens": self.ledger.completion_tokens,
            },
        }


def render_judged(report: JudgedReport) -> str:
    """The report as one self-contained page."""
    from eval.reports import page  # matplotlib and jinja2 take a second

    return page("judged.html.j2", content=report.as_json(), score_names=SCORES)


def label_sheet(judgement: Judgement, runs: Mapping[str, RunRecord]) -> list[dict[str, Any]]:
    """Rows for people to label: a part of what was judged, chosen and ordered by hash, without the judge's labels."""
    keys = sorted(judgement.labels(), key=lambda key: hashlib.sha256("\0".join(key).encode()).digest())
    questions = {topic.id: topic.question for topic in judgement.topics}
    return [
        HandLabel(
            id=identity,
            run=run,
            nugget=nugget,
            question=questions[identity],
            answer=answer_text(runs[run], identity),
        ).model_dump()
        for identity, run, nugget in keys[:SHEET_ROWS]
    ]


def nuggets_rows(topics: Iterable[Topic]) -> list[dict[str, Any]]:
    """The topics as rows of a QA set, which can be judged with again, or edited by people."""
    return [_head(topic) | _nuggets_json(topic.nuggets) for topic in topics]


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    gate = verdict.gate
    head = {"name": gate.name, "meaning": gate.meaning, "source": gate.source}
    return head | {"holds": verdict.reason is None, "reason": verdict.reason}


def _system_json(judgement: Judgement, run: str) -> dict[str, Any]:
    labels = [label or "failed" for topic in judgement.topics for label in topic.answers[run].labels]
    scores = {name: figure.as_json() for name, figure in judgement.means(run).items()}
    return {"scores": scores, "labels": dict(sorted(Counter(labels).items()))}


def _duel_json(duel: Duel) -> dict[str, Any]:
    return {
        "a": duel.a,
        "b": duel.b,
        "winner": duel.winner,
        "decided": duel.decided,
        "topics": {"a": duel.wins_a, "b": duel.wins_b, "tie": duel.ties},
        "differences": {name: value.as_json() for name, value in duel.differences.items()},
    }


def _topic_json(topic: Topic, judgement: Judgement) -> dict[str, Any]:
    answers = {
        run: {
            "scores": _scores(topic.answers[run]),
            "labels": [label or "failed" for label in topic.answers[run].labels],
            "missed": [
                {"text": text, "importance": importance, "label": label}
                for text, importance, label in topic.missed(run)
            ],
        }
        for run in judgement.runs
    }
    winners = [{"a": duel.a, "b": duel.b, "winner": topic.winner(duel.a, duel.b)} for duel in judgement.duels()]
    missing = {"missing_passages": topic.missing_passages}
    return _head(topic) | _nuggets_json(topic.nuggets) | missing | {"answers": answers, "winners": winners}


def _head(topic: Topic) -> dict[str, Any]:
    return {"id": topic.id, "question": topic.question}


def _nuggets_json(nuggets: Nuggets) -> dict[str, Any]:
    return {
        "nuggets": [asdict(nugget) for nugget in nuggets.nuggets],
        "unlabelled": list(nuggets.unlabelled),
        "dropped": list(nuggets.dropped),
    }


def _scores(answer: Judged) -> dict[str, float | None]:
    return {name: getattr(answer.scores, name) for name in SCORES}


def _means(answers: Sequence[Judged]) -> dict[str, float | None]:
    return {name: mean_score(answers, name) for name in SCORES}
