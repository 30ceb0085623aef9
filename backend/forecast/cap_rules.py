"""Who would be inspected too often once everything that is planned is drawn. Pure.

Each round takes an enterprise of a stratum with a known probability and independently of the others, so the number of further visits of an
enterprise is a sum of independent trials, told apart by level. An enterprise is over when its visits at the round's level exceed the cap
of that level, or those of both levels together exceed theirs. Proven by tests/rules/test_forecast.py against every outcome one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.forecast.rules import Coarse, Place, PlannedRound, Stratum, shares


@dataclass(frozen=True, slots=True)
class Caps:
    """None: no such cap is in force."""

    level: int | None
    together: int | None


@dataclass(frozen=True, slots=True)
class Visited:
    """``n`` enterprises of a stratum with the same visits this year: done and still open, at the round's level and at both."""

    county: str
    industry: str
    class_code: str
    done: int
    done_both: int
    open: int
    open_both: int
    n: int

    @property
    def place(self) -> Place:
        return self.county, self.industry, self.class_code


@dataclass(slots=True)
class Standing:
    """Of one county and class: how many are in scope, have reached a cap (they are left out of the draw), and are expected to go over one."""

    total: int = 0
    reached: int = 0
    over: float = 0.0




def trials(probabilities: Iterable[float]) -> list[float]:
    """The distribution of how many of independent trials succeed (Poisson binomial): entry k is the probability of k."""
    found = [1.0]
    for p in probabilities:
        found = [(found[k] if k < len(found) else 0.0) * (1 - p) + (found[k - 1] * p if k else 0.0) for k in range(len(found) + 1)]
    return found


def chance_over(here: int, both: int, level: Sequence[float], other: Sequence[float], caps: Caps) -> float:
    """The probability to go over a cap for who has ``here`` visits at the level and ``both`` at both.

    ``level``, ``other``: the probabilities of the rounds at this level, and at the other one.
    """
    within = 0.0
    others = trials(other)
    for more, p in enumerate(trials(level)):
        if caps.level is not None and here + more > caps.level:
            continue
        within += p * sum(q for k, q in enumerate(others) if caps.together is None or both + more + k <= caps.together)
    return max(0.0, 1.0 - within)


def is_reached(done: int, done_both: int, caps: Caps) -> bool:
    """Whether the frame leaves it out already."""
    return (caps.level is not None and done >= caps.level) or (caps.together is not None and done_both >= caps.together)


def probabilities(round_: PlannedRound, rivals: Sequence[PlannedRound], strata: Sequence[Stratum]) -> dict[Place, tuple[list[float], list[float]]]:
    """By stratum of the round: the chances at its level (its own first) and at the other level."""
    found = {s.place: ([p], list[float]()) for s, p in shares(round_, strata)}
    for rival in rivals:
        is_same = rival.is_county == round_.is_county
        for s, p in shares(rival, strata):
            if p and s.place in found:
                found[s.place][0 if is_same else 1].append(p)
    return found


def competes(round_: PlannedRound, rival: PlannedRound) -> bool:
    """Whether both draw from the same enterprises for one department in one year: its caps count them together."""
    meet = not round_.industries or not rival.industries or set(round_.industries) & set(rival.industries)
    same = rival.key != round_.key and rival.lead == round_.lead and rival.year == round_.year
    return same and bool(set(round_.counties) & set(rival.counties)) and bool(meet)


def together(visited: Iterable[Visited], coarse: Coarse) -> list[Visited]:
    """Those of the same number of visits in one count, trades taken together; what is outside of the rounds' scopes is left out."""
    found: dict[tuple[str, str, str, int, int, int, int], int] = {}
    for v in visited:
        if coarse.knows(v.industry):
            key = (v.county, coarse.label(v.industry), v.class_code, v.done, v.done_both, v.open, v.open_both)
            found[key] = found.get(key, 0) + v.n
    return [Visited(*key, n) for key, n in found.items()]


def stand(
    chances: Mapping[Place, tuple[list[float], list[float]]], strata: Iterable[Stratum], visited: Iterable[Visited], caps: Caps
) -> dict[tuple[str, str], Standing]:
    """By county and class. ``strata`` count everybody of the scope, ``visited`` those of them who have had a visit or wait for one."""
    found: dict[tuple[str, str], Standing] = {}
    left: dict[Place, int] = {}
    for s in strata:
        if s.place in chances:
            left[s.place] = left.get(s.place, 0) + s.n
            found.setdefault((s.county, s.class_code), Standing()).total += s.n
    # Strata with the same rounds have the same chances: far fewer than strata.
    known: dict[tuple[tuple[float, ...], tuple[float, ...], int, int], float] = {}

    def chance(place: Place, here: int, both: int) -> float:
        level, other = chances[place]
        key = (tuple(level), tuple(other), here, both)
        if key not in known:
            known[key] = chance_over(here, both, level, other, caps)
        return known[key]

    for v in visited:
        if v.place not in chances:
            continue
        left[v.place] = left.get(v.place, 0) - v.n
        standing = found.setdefault((v.county, v.class_code), Standing())
        if is_reached(v.done, v.done_both, caps):
            standing.reached += v.n
        else:
            standing.over += v.n * chance(v.place, v.done + v.open, v.done_both + v.open_both)
    for place, n in left.items():
        if n > 0:
            found[place[0], place[2]].over += n * chance(place, 0, 0)
    return found
