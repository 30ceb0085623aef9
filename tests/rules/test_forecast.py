"""Forecasts: parts of a window, loads that level out, chances that add up; each beside a slower way to the same number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.forecast import cap_rules, rules
from backend.forecast.cap_rules import Caps, Visited
from backend.forecast.projection import Outlook, project
from backend.forecast.rules import Assigned, Demand, Drawn, Norm, Officer, PlannedRound, Stratum, WeekLoad
from backend.kernel.workdays import is_working_day, official_calendar

MONDAY = date(2026, 11, 23)
HOLIDAYS = official_calendar(2026)
ROUND = PlannedRound(
    "r", "round", "campaign", ("a",), "5303", ("k1", "k2"), (), ("I1",), "fixed", {"n": 10}, 2, MONDAY, MONDAY + timedelta(days=11)
)
STRATA = (Stratum("k1", "x", "A", 60), Stratum("k1", "y", "B", 20), Stratum("k2", "x", "D", 20), Stratum("k9", "x", "A", 500))


def officer(n: int, department: str = "a", counties: str = "k1 k2", quals: str = "", until: date = date(2099, 1, 1)) -> Officer:
    return Officer(UUID(int=n), f"o{n}", department, frozenset(quals.split()), frozenset(counties.split()), until)


def outlook(**changed) -> Outlook:
    given_ = {
        "today": MONDAY, "last": MONDAY + timedelta(days=60), "holidays": HOLIDAYS, "departments": ["a", "b"], "rounds": [ROUND],
        "strata": {("a", False, 2026): STRATA, ("a", False, 2027): STRATA}, "officers": [officer(1), officer(2)], "assigned": [], "drawn": [],
        "qualifications": {}, "norms": {"a": Norm(3, 5, "test")},
    }  # fmt: skip
    return Outlook(**given_ | changed)


@pytest.mark.parametrize(
    ("mode", "rates", "expected"),
    [
        ("fixed", {"n": 10}, {"k1": 8.0, "k2": 2.0}),
        ("fixed", {"n": 1000}, {"k1": 80.0, "k2": 20.0}),  # no more than there are
        ("rate", {"-": (5, 100)}, {"k1": 4.0, "k2": 1.0}),
        ("classes", {"A": (5, 100), "B": (1, 10), "C": (3, 10), "D": (1, 1)}, {"k1": 5.0, "k2": 20.0}),
        ("classes", {}, {}),
    ],
)
def test_visits_by_county(mode, rates, expected):
    assert rules.visits_by_county(replace(ROUND, rate_mode=mode, rates=rates), STRATA) == pytest.approx(expected)


def test_only_the_trades_of_the_round_count():
    assert rules.visits_by_county(replace(ROUND, industries=("y",)), STRATA) == {"k1": 10.0}


@given(st.dates(date(2026, 1, 1), date(2026, 11, 1)), st.integers(0, 90), st.integers(-40, 40))
def test_a_window_is_spread_over_its_working_days(first, length, ahead):
    today, last = first + timedelta(days=ahead), first + timedelta(days=length)
    parts = rules.spread(first, last, today=today, holidays=HOLIDAYS)
    assert sum(parts.values()) == pytest.approx(1)
    assert all(monday.weekday() == 0 for monday in parts)
    days = [d for n in range(length + 1) if (d := first + timedelta(days=n)) >= today and is_working_day(d, HOLIDAYS)]
    for monday, part in parts.items():
        inside = sum(monday <= d < monday + timedelta(days=7) for d in days)
        assert part == pytest.approx(inside / len(days) if days else 1)


def test_what_is_overdue_is_this_weeks():
    assert rules.spread(date(2026, 10, 1), date(2026, 10, 9), today=date(2026, 11, 25), holidays=HOLIDAYS) == {MONDAY: 1.0}


@settings(max_examples=200)
@given(st.lists(st.floats(0, 20), min_size=1, max_size=6), st.floats(0.01, 40))
def test_pouring_levels_out_and_loses_nothing(held, amount):
    loads = {UUID(int=n): h for n, h in enumerate(held)}
    rules.pour(loads, list(loads), amount)
    assert sum(loads.values()) == pytest.approx(sum(held) + amount)
    raised = [loads[UUID(int=n)] for n, h in enumerate(held) if loads[UUID(int=n)] > h + 1e-9]
    assert raised == pytest.approx([raised[0]] * len(raised)), "all that rose are level"
    assert all(loads[UUID(int=n)] >= max(raised) - 1e-9 for n in range(len(held))), "nobody stays below them"


def test_nobody_to_pour_on_changes_nothing():
    loads: dict[UUID, float] = {}
    rules.pour(loads, [], 3)
    assert loads == {}


def test_who_can_only_serve_one_county_is_not_taken_for_the_other_first():
    week = WeekLoad(MONDAY)
    narrow, wide = officer(1, counties="k1"), officer(2, counties="k1 k2")
    rules.share_out(week, [Demand("a", "k1", None, 4), Demand("a", "k2", None, 4)], [narrow, wide])
    assert week.loads == {narrow.id: 4.0, wide.id: 4.0}
    rules.share_out(week, [Demand("a", "k3", None, 2), Demand("a", "k1", "drug", 1), Demand("b", "k1", None, 1)], [narrow, wide])
    assert week.unserved == {("a", "k3"): 2, ("a", "k1"): 1, ("b", "k1"): 1}


def test_a_certificate_must_hold_to_the_friday():
    demand = Demand("a", "k1", None, 1)
    held = officer(1, until=MONDAY + timedelta(days=4))
    assert rules.fit([held], demand, MONDAY) == [held]
    assert rules.fit([replace(held, expires_on=MONDAY + timedelta(days=3))], demand, MONDAY) == []


@pytest.mark.parametrize(("load", "lamp"), [(0, "green"), (3, "green"), (3.1, "yellow"), (5, "yellow"), (5.01, "red")])
def test_the_lamp_of_a_load(load, lamp):
    assert rules.judge(load, Norm(3, 5, "x")) == lamp
    assert rules.judge(load, None) == ""


def test_a_round_on_its_officers():
    """10 visits of two officers each over 10 working days in two weeks: 5 visits a week, 10 places on two people."""
    projection = project(outlook())
    assert [sum(w.visits.values()) for w in projection.weeks[:3]] == pytest.approx([5, 5, 0])
    assert [w.loads[UUID(int=1)] for w in projection.weeks[:2]] == pytest.approx([5, 5])
    (one, two) = projection.county_lines(["k1", "k2"])
    assert (one.county, one.months[0].visits, one.months[0].peak, one.months[0].officers) == ("k1", pytest.approx(8 / 2), pytest.approx(5), 2)
    assert one.months[0].lamp == "yellow"
    assert [m.visits for m in two.months][:2] == pytest.approx([1, 1]), "the second week is December's"
    lines = projection.officer_lines(["k1"])
    assert [(x.total, x.peak, x.lamp) for x in lines] == [(pytest.approx(10), pytest.approx(5), "yellow")] * 2
    assert projection.weekly("a", ["k1", "k2"])[0][1:] == (pytest.approx(5), pytest.approx(5))


def test_one_officer_less_and_the_lamp_is_red_and_a_qualification_that_is_missing_is_said():
    short = project(outlook(officers=[officer(1), officer(2, until=MONDAY + timedelta(days=5))]))
    assert [x.expires for x in sorted(short.officer_lines(["k1"]), key=lambda x: x.officer.name)] == [False, True]
    assert short.weeks[1].loads[UUID(int=1)] == pytest.approx(10)
    assert short.county_lines(["k1"])[0].months[1].lamp == "red"
    lacking = project(outlook(qualifications={"a": {"I1": "drug"}}))
    assert lacking.weeks[0].unserved[("a", "k1")] == pytest.approx(4), "one place of each visit"
    assert lacking.county_lines(["k1"])[0].months[0].lamp == "red"


def test_a_partner_fills_one_place_and_drawn_visits_stay_with_their_officers():
    joint = replace(ROUND, departments=("a", "b"), officers_per_visit=3)
    projection = project(outlook(rounds=[joint], officers=[officer(1), officer(2), officer(3, "b")]))
    week = projection.weeks[0]
    assert (week.loads[UUID(int=1)], week.loads[UUID(int=3)]) == (pytest.approx(5), pytest.approx(5))
    assert week.visits[("b", "k1")] == pytest.approx(4)
    held = outlook(
        rounds=[], assigned=[Assigned(UUID(int=2), "k1", "c", MONDAY + timedelta(days=4), 3)],
        drawn=[Drawn("c", "c", "n", "a", "5303", "a", "k1", MONDAY + timedelta(days=4), 3)],
    )  # fmt: skip
    drawn = project(held).weeks[0]
    assert (drawn.loads, drawn.visits) == ({UUID(int=2): pytest.approx(3)}, {("a", "k1"): pytest.approx(3)})


def test_what_comes_after_the_time_looked_at_is_left_out():
    far = replace(ROUND, first=MONDAY + timedelta(days=100), last=MONDAY + timedelta(days=110))
    assert project(outlook(rounds=[far])).county_lines(["k1", "k2"]) == []


# caps


@given(st.lists(st.floats(0, 1), max_size=5))
def test_trials_are_every_outcome_added_up(probabilities):
    slow = [0.0] * (len(probabilities) + 1)
    for outcome in product((0, 1), repeat=len(probabilities)):
        p = 1.0
        for hit, chance in zip(outcome, probabilities, strict=True):
            p *= chance if hit else 1 - chance
        slow[sum(outcome)] += p
    assert cap_rules.trials(probabilities) == pytest.approx(slow)


@given(
    st.integers(0, 3), st.integers(0, 3), st.lists(st.floats(0, 1), max_size=3), st.lists(st.floats(0, 1), max_size=3),
    st.one_of(st.none(), st.integers(0, 4)), st.one_of(st.none(), st.integers(0, 5)),
)  # fmt: skip
def test_the_chance_to_go_over_is_every_outcome_added_up(here, elsewhere, level, other, cap, together):
    both = here + elsewhere
    slow = 0.0
    for outcome in product((0, 1), repeat=len(level) + len(other)):
        p = 1.0
        for hit, chance in zip(outcome, [*level, *other], strict=True):
            p *= chance if hit else 1 - chance
        more = sum(outcome[: len(level)])
        if (cap is not None and here + more > cap) or (together is not None and both + sum(outcome) > together):
            slow += p
    assert cap_rules.chance_over(here, both, level, other, Caps(cap, together)) == pytest.approx(slow, abs=1e-9)


def test_who_stands_where():
    mine = replace(ROUND, counties=("k1",), rate_mode="rate", rates={"-": (1, 2)})
    rival = replace(mine, key="s", rates={"-": (1, 2)})
    county = replace(mine, key="t", region="530302", rates={"-": (1, 1)})
    stranger = replace(mine, key="u", departments=("b",))
    assert [cap_rules.competes(mine, r) for r in (mine, rival, county, stranger, replace(rival, counties=("k2",)))] == [False, True, True, False, False]
    assert not cap_rules.competes(replace(mine, industries=("x",)), replace(rival, industries=("y",)))
    assert not cap_rules.competes(mine, replace(rival, first=date(2027, 3, 1), last=date(2027, 4, 1))), "next year's visits are counted anew"
    chances = cap_rules.probabilities(mine, [rival, county], STRATA)
    assert chances[("k1", "x", "A")] == ([0.5, 0.5], [1.0])
    visited = [Visited("k1", "x", "A", 2, 2, 0, 0, 5), Visited("k1", "x", "A", 1, 1, 0, 0, 10), Visited("k1", "y", "B", 0, 3, 0, 0, 4)]
    standing = cap_rules.stand(chances, STRATA, visited, Caps(2, 4))
    a, b = standing[("k1", "A")], standing[("k1", "B")]
    assert (a.total, a.reached) == (60, 5)
    # One visit: over the level's two where both rounds draw it (1/4). None yet: never more than three.
    assert a.over == pytest.approx(10 * 0.25)
    # Three of the county's already: the county's own round makes four for sure, any other one five: 1 - 1/4.
    assert (b.total, b.reached, b.over) == (20, 0, pytest.approx(4 * 0.75))


def test_open_visits_are_counted_as_made():
    chances = {("k1", "x", "A"): ([1.0], list[float]())}
    visited = [Visited("k1", "x", "A", 1, 1, 1, 1, 3)]
    assert cap_rules.stand(chances, [Stratum("k1", "x", "A", 3)], visited, Caps(2, None))[("k1", "A")].over == pytest.approx(3)


@given(
    st.lists(st.lists(st.sampled_from("wxyz"), max_size=3, unique=True), min_size=1, max_size=4),
    st.dictionaries(st.tuples(st.sampled_from(["k1", "k2"]), st.sampled_from("wxyz"), st.sampled_from("AB")), st.integers(1, 50), min_size=1),
    st.sampled_from([("fixed", {"n": 7}), ("rate", {"-": (1, 3)}), ("classes", {"A": (1, 10), "B": (1, 2)})]),
)
def test_trades_taken_together_change_no_number(named, counts, how):
    strata = [Stratum(*place, n) for place, n in counts.items()]
    rounds = [replace(ROUND, key=str(n), industries=tuple(some), rate_mode=how[0], rates=how[1]) for n, some in enumerate(named)]
    coarse = rules.Coarse(rounds, (s.industry for s in strata))
    together = coarse.strata(strata)
    assert sum(s.n for s in together) == sum(s.n for s in strata)
    for round_ in rounds:
        assert rules.visits_by_county(coarse.round(round_), together) == pytest.approx(rules.visits_by_county(round_, strata))
    plain = cap_rules.stand(cap_rules.probabilities(rounds[0], rounds[1:], strata), strata, [], Caps(1, 2))
    found = cap_rules.stand(
        cap_rules.probabilities(coarse.round(rounds[0]), [coarse.round(r) for r in rounds[1:]], together), together, [], Caps(1, 2)
    )
    assert {k: (s.total, pytest.approx(s.over)) for k, s in found.items()} == {k: (s.total, s.over) for k, s in plain.items()}
