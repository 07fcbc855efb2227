"""Simulated readers: seeded words, goals that can be missed, and why they were."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from eval.readers.companion import Deed
from eval.readers.dialogue import TRIES, Conversation, hold
from eval.readers.goals import GOALS, Aim, Goal, assigned
from eval.readers.material import Material, Memory, month_of, spoken
from eval.readers.simulation import measured
from eval.readers.verdicts import WHY, Judge
from eval.readers.voices import PLAIN, Persona, Speaker, load_voices, mistyped
from rag.types import Answer, Clarify, ClosestPaper, Turn
from tests.support.evaluation import answer, citation
from ui.cli.evaluation.readers import _print as print_readers

GRACE, HUBS, ELSE = "2501.00001", "2501.00002", "2501.00003"
RESULT = "GRACE improves nDCG@10 by 12.5% over BM25."
TWICE = "It needs no labels."
FAST = "Hubs reach 1,000 queries per second on $2$ cores."
OTHER = "This paper is about something else entirely."
KNOWN = Memory(
    GRACE,
    "GRACE",
    ("ranks documents without labels", "improves over lexical ranking"),
    ("task", "result"),
    "Li",
    "2025-05",
)
SECOND = Memory(HUBS, "Fast Hubs", ("queries per second on few cores",), ("task",), "Wu", "2025-06")


class Shelf:
    """What a judge asks of the material: two papers of a subject, of May and June."""

    def belongs(self, paper_id: str, tag: str) -> bool:
        """As the material does."""
        return tag == "ranking" and paper_id in (GRACE, HUBS)

    def day(self, paper_id: str) -> str:
        """As the material does."""
        return {GRACE: "2025-05-01", HUBS: "2025-06-01", ELSE: "2025-06-02"}[paper_id]


def said(*quotes: tuple[str, str], **changes: Any) -> Answer:
    """An answer in these quotes."""
    return answer("text", [citation(paper, quote, n) for n, (paper, quote) in enumerate(quotes, 1)], **changes)


def refusal(*quotes: tuple[str, str], closest: Sequence[str] = ()) -> Answer:
    """A refusal that quotes, or names, what comes closest."""
    named = tuple(ClosestPaper(paper_id=paper, title="T") for paper in closest)
    return said(*quotes, abstained=True, reason="detail_absent", closest=named)


def judged(aim: Aim, *answers: Answer) -> list[str]:
    """Why each answer missed an aim, in order."""
    judge = Judge(cast(Material, Shelf()), most=10)
    return [judge.judge(aim, one, anew=n == 0).why for n, one in enumerate(answers)]


FIND = Aim("find", (GRACE,))
ASK = Aim("ask", (GRACE,), detail="result", spans=(RESULT,), follows=True)
LIST = Aim("list", tag="ranking", subject="ranking", must=frozenset({GRACE, HUBS}))
G, H, E = (GRACE, RESULT), (HUBS, FAST), (ELSE, OTHER)


@pytest.mark.parametrize(
    ("aim", "given", "why"),
    [
        (FIND, said(G, H), ""),
        (FIND, said(H, G), "wrong_paper"),
        (FIND, refusal(closest=[GRACE]), "not_found"),
        (FIND, refusal(G), "refused"),
        (Aim("find", (GRACE,), left=HUBS), said(H, G), "stayed"),
        (ASK, said(G), ""),
        (ASK, said((GRACE, TWICE)), "another_passage"),
        (ASK, said(H, G), "lost_thread"),
        (Aim("ask", (GRACE,), detail="result", spans=(RESULT,)), said(H), "wrong_paper"),
        (ASK, refusal((GRACE, TWICE)), "refused"),
        (Aim("ask", (GRACE,), detail="data", spans=("BM25",)), said(G), ""),
        (Aim("ask", (GRACE,), detail="data", spans=("MS MARCO",)), said(G), "another_passage"),
        (Aim("compare", (GRACE, HUBS)), said(G, H), ""),
        (Aim("compare", (GRACE, HUBS)), said(G, E), "one_sided"),
        (Aim("compare", (GRACE, HUBS)), said(G, H, E), "one_sided"),
        (LIST, said(G, H), ""),
        (LIST, said(E, (ELSE, "This"), G), ""),
        (LIST, said(E), "strays"),
        (LIST, refusal(), "not_found"),
        (Aim("absent", (GRACE,)), refusal(G), ""),
        (Aim("absent", (GRACE,)), said(G), "answered_absent"),
        (Aim("absent", (GRACE,), follows=True), refusal(H), "lost_thread"),
        (Aim("nothing", subject="beekeeping"), refusal(), ""),
        (Aim("nothing", subject="beekeeping"), said(E), "answered_absent"),
        (Aim("newest", left=GRACE, tag="ranking", newest="2025-06-01"), said(H), ""),
        (Aim("newest", left=ELSE, tag="ranking", newest="2025-06-01"), said(G), "wrong_paper"),
        (Aim("newest", left=GRACE, tag="ranking", newest="2025-06-01"), said(G), "stayed"),
    ],
)
def test_an_answer_is_what_was_wanted_or_not(aim: Aim, given: Answer, why: str) -> None:
    assert judged(aim, given) == [why]
    assert not why or why in WHY


def test_half_of_a_list_is_enough_and_lists_that_are_asked_on_add_up() -> None:
    wanted = Aim("list", tag="ranking", must=frozenset({GRACE, HUBS, "2501.00009", "2501.00010"}))
    assert judged(wanted, said(G), said(H)) == ["incomplete", ""]
    assert judged(wanted, said(G), said(G)) == ["incomplete", "incomplete"]


def test_a_list_is_narrowed_to_its_papers_of_a_month() -> None:
    def why(month: str, given: Answer) -> str:
        judge = Judge(cast(Material, Shelf()), most=10)
        assert judge.judge(LIST, said(G, H), anew=True).reached
        return judge.judge(replace(LIST, kind="narrow", month=month), given, anew=True).why

    june = "2025-06"
    assert [why(june, one) for one in (said(H), said(G, H), said(E), refusal())] == [
        "",
        "narrowing",
        "strays",
        "narrowing",
    ]
    assert why("2025-01", refusal()) == ""


def test_the_newest_of_a_list_is_one_of_those_shown() -> None:
    last = Aim("last", tag="ranking", must=LIST.must)

    def why(*quotes: tuple[str, str]) -> str:
        judge = Judge(cast(Material, Shelf()), most=10)
        assert judge.judge(LIST, said(G, H), anew=True).reached
        return judge.judge(last, said(*quotes), anew=True).why

    assert [why(H), why(G), why(E)] == ["", "wrong_paper", "lost_thread"]


def test_the_same_quotes_to_another_question_are_a_repetition() -> None:
    assert judged(ASK, said((GRACE, TWICE)), said((GRACE, TWICE))) == ["another_passage", "repeated"]


def test_who_is_asked_back_may_choose_once_where_her_paper_is_offered() -> None:
    def back(*papers: str) -> Answer:
        return answer(
            "Which one do you mean?", clarify=Clarify(text="?", choices=tuple(f"T ({one})" for one in papers))
        )

    judge = Judge(cast(Material, Shelf()), most=10)
    first = judge.judge(FIND, back(HUBS, GRACE), anew=True)
    assert (first.why, first.choice, first.reached) == ("", 2, False)
    assert judge.judge(FIND, back(HUBS, GRACE), anew=False).why == "asked_back"
    assert judged(FIND, back(HUBS, ELSE)) == ["asked_back"]


class Script:
    """Gives answers in order, and keeps what was asked; recommends what it is told to, one list after another."""

    def __init__(self, *answers: Answer | Exception, shown: Sequence[Sequence[str]] = ()) -> None:
        self.answers = list(answers)
        self.shown = list(shown)
        self.starred: list[tuple[str, ...]] = []
        self.asked: list[str] = []
        self.turns: list[int] = []

    def answer(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The next answer."""
        self.asked.append(question)
        self.turns.append(len(history))
        found = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    def recommended(self, starred: Sequence[str]) -> tuple[str, ...]:
        """The next papers."""
        self.starred.append(tuple(starred))
        return tuple(self.shown[len(self.starred) - 1])

    def done(self, aim: Aim) -> Deed:
        """A deed for some papers, missed where they are not those that are shown."""
        return Deed(f"{aim.kind}!", aim.papers, "" if [*aim.papers] in self.shown else "no_surprise")


def talk(goal: Goal, script: Script, knows: str = "name", voice: str = PLAIN, seed: int = 1) -> Conversation:
    """A conversation with a script."""
    persona = Persona.model_validate({"knows": knows, "voice": voice})
    judge = Judge(cast(Material, Shelf()), most=10)
    return hold(1, ("somebody", persona), goal, script, judge, random.Random(seed))


THREAD = Goal("thread", (FIND, ASK), (KNOWN,))


def test_a_conversation_ends_when_all_is_reached() -> None:
    script = Script(said(G), said(G))
    held = talk(THREAD, script)
    assert (held.succeeded, held.failed_at, held.why) == (True, 0, "")
    assert script.turns == [0, 2]
    assert "GRACE" in script.asked[0]
    assert "GRACE" not in script.asked[1]


def test_a_lost_thread_is_named_with_its_turn_and_the_reader_insists() -> None:
    script = Script(said(G), said(H))
    held = talk(THREAD, script)
    assert (held.succeeded, held.failed_at, held.why) == (False, 2, "lost_thread")
    assert len(script.asked) == 1 + TRIES
    assert "GRACE" in script.asked[2]


def test_a_miss_that_is_mended_is_no_failure() -> None:
    held = talk(Goal("find", (FIND,), (KNOWN,)), Script(said(H), said(G)), knows="words")
    assert held.succeeded
    assert [one.verdict.why for one in held.exchanges] == ["wrong_paper", ""]
    assert KNOWN.about[1] in held.exchanges[1].said
    metrics = measured([held])
    assert metrics["goal_rate"]["mean"] == 1
    assert metrics["first_try"]["mean"] == 0
    assert metrics["why"] == {"wrong_paper": {"failed": 0, "turns": 1}}


def test_what_is_offered_is_taken_by_its_place() -> None:
    script = Script(refusal(closest=[HUBS, GRACE]), said(G))
    assert talk(Goal("find", (FIND,), (KNOWN,)), script, knows="words").succeeded
    assert "second" in script.asked[1]


def test_after_several_papers_a_follow_up_says_which_is_meant() -> None:
    script = Script(said(G, H), said(G))
    talk(THREAD, script)
    assert "first one" in script.asked[1]


def test_who_is_answered_what_is_not_there_asks_no_more() -> None:
    aim = Aim("absent", (GRACE,), asks=("How much did it cost?",), follows=True)
    held = talk(Goal("absent", (FIND, aim), (KNOWN,)), Script(said(G), said(G)))
    assert (len(held.exchanges), held.failed_at, held.why) == (2, 2, "answered_absent")


def test_who_stars_papers_of_a_subject_wants_others_of_it() -> None:
    aim = Aim("recommend", ("a", "b", "c", "d"), tag="ranking", subject="ranking", must=frozenset({GRACE, HUBS}))
    script = Script(shown=[[ELSE], [GRACE, ELSE], [ELSE, GRACE, HUBS]])
    held = talk(Goal("recommend", (aim,)), script)
    assert script.starred == [("a", "b"), ("a", "b", "c"), ("a", "b", "c", "d")]
    assert (held.succeeded, [one.verdict.why for one in held.exchanges]) == (True, ["not_recommended"] * 2 + [""])
    held = talk(Goal("recommend", (aim,)), Script(shown=[[ELSE]] * TRIES))
    assert (held.failed_at, held.why) == (1, "not_recommended")
    assert held.as_json()["turns"][0]["cited"] == [ELSE]


def test_what_the_companion_is_used_for_is_reached_or_ends_the_conversation() -> None:
    goal = Goal("surprise", (Aim("typed", (GRACE,)), Aim("surprised", (HUBS,)), FIND), (KNOWN,))
    held = talk(goal, Script(said(G), shown=[[GRACE], [HUBS]]))
    assert held.succeeded
    assert [one.said for one in held.exchanges[:2]] == ["typed!", "surprised!"]
    missed = talk(goal, Script(said(G), shown=[[GRACE]]))
    assert (missed.reached, missed.failed_at, missed.why) == (1, 2, "no_surprise")
    assert missed.as_json()["turns"][1]["cited"] == [HUBS]


def test_an_error_ends_the_conversation_and_is_told() -> None:
    held = talk(Goal("find", (FIND,), (KNOWN,)), Script(ValueError("broken")))
    assert (held.failed_at, held.why) == (1, "error")
    assert held.as_json()["turns"][0]["answer"] == "ValueError: broken"
    stars = Goal(
        "recommend", (Aim("recommend", ("a", "b"), tag="ranking", subject="ranking", must=frozenset({GRACE})),)
    )
    held = talk(stars, Script())
    assert [one.verdict.why for one in held.exchanges] == ["error"]
    assert held.as_json()["turns"][0]["answer"] == "IndexError: list index out of range"


def test_the_same_seed_says_the_same() -> None:
    def words(seed: int) -> list[str]:
        script = Script(said(H))
        talk(Goal("find", (FIND,), (KNOWN,)), script, knows="words", voice="chatty", seed=seed)
        return script.asked

    assert words(1) == words(1)
    assert len({tuple(words(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize("persona", load_voices().personas)
def test_every_persona_can_say_all_that_goals_need(persona: str) -> None:
    """Whatever comes, no slot of a sentence is left open and none is missing."""
    who = load_voices().personas[persona]
    compare = Aim("compare", (GRACE, HUBS), follows=True)
    narrow = Aim("narrow", tag="ranking", subject="ranking", must=frozenset({HUBS}), month="2025-06")
    newest = Aim("newest", left=GRACE, tag="ranking", subject="ranking", newest="2025-06-01")
    absent = Aim("absent", (GRACE,), asks=("Is it cheap?",), follows=True)
    details = [
        Aim("ask", (GRACE,), detail=name, spans=("x",), follows=f)
        for name in ("task", "method", "data", "result", "code")
        for f in (True, False)
    ]
    for aim in (
        FIND,
        Aim("find", (HUBS,), left=GRACE),
        compare,
        LIST,
        narrow,
        newest,
        absent,
        Aim("nothing", subject="bees"),
        Aim("last", tag="ranking", subject="ranking"),
        *details,
    ):
        for given in (said(E), refusal(), refusal(closest=[ELSE, GRACE]), said(G)):
            script = Script(given)
            judge = Judge(cast(Material, Shelf()), most=10)
            goal = Goal("any", (aim,), (KNOWN, SECOND))
            hold(1, (persona, who), goal, script, judge, random.Random(persona))
            assert script.asked
            assert not any("{" in one or not one.strip() for one in script.asked)


def test_all_pairs_of_goal_and_persona_are_drawn_alike() -> None:
    personas = list(load_voices().personas)
    pairs = Counter(assigned(2 * len(personas) * len(GOALS), personas))
    assert len(pairs) == len(personas) * len(GOALS)
    assert set(pairs.values()) == {2}
    assert len({goal for goal, _ in assigned(len(GOALS), personas)}) == len(GOALS)


@pytest.mark.parametrize("many", [1, 7, 9, 18])
def test_all_pairs_are_drawn_however_many_personas_there_are(many: int) -> None:
    personas = [f"persona{n}" for n in range(many)]
    assert set(Counter(assigned(many * len(GOALS), personas)).values()) == {1}


def test_typing_errors_leave_names_and_short_words() -> None:
    text = "Which datasets does GenSAR use for recommendation in MovieLens-20M?"
    typed = mistyped(text, 1.0, random.Random(3))
    assert typed == mistyped(text, 1.0, random.Random(3)) != text
    assert {"Which", "does", "GenSAR", "use", "for", "MovieLens-20M?"} <= set(typed.split())
    assert mistyped(text, 0.0, random.Random(3)) == text


def test_nothing_is_said_twice_while_there_are_other_words() -> None:
    speaker = Speaker(Persona(knows="name", voice=PLAIN), random.Random(1))
    ways = load_voices().ways("find_name", PLAIN)
    assert {speaker.way("find_name") for _ in ways} == set(ways)


def test_who_chats_goes_on_with_a_small_letter() -> None:
    chats = [
        Speaker(Persona(knows="name", voice="chatty"), random.Random(seed)).said("What is {name}?", {"name": "X"})
        for seed in range(20)
    ]
    assert any("but what is X?" in one for one in chats)
    assert not any(", What is X?" in one or "and What is X?" in one for one in chats)


def test_months_and_subjects_as_they_are_said() -> None:
    assert (month_of("2025-10", year=False), month_of("2025-10", year=True)) == ("October", "October 2025")
    assert spoken("LLM-Based Recommendation") == "LLM-based recommendation"


def test_an_interval_needs_five_readers_and_the_reasons_say_what_they_count(capsys: pytest.CaptureFixture[str]) -> None:
    few, many = ({"mean": 1.0, "low": 1.0, "high": 1.0, "n": n} for n in (4, 5))
    why = {"wrong_paper": {"failed": 0, "turns": 1}}
    print_readers({"goal_rate": many, "by_goal": {"find": few}, "by_persona": {}, "why": why})
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert ["all", "1.000", "1.000", "to", "1.000", "5"] in rows
    assert ["find", "1.000", "-", "4"] in rows
    assert "why turns missed turns readers who gave up for it".split() in rows
    assert "wrong paper first 1 0".split() in rows
