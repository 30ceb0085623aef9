"""Officers to places: the pairing of ``sdr/1``. Pure.

As many places are served as can be at all; among all such assignments the sum of squared loads is least; nobody
holds two places of one object; equally qualified officers are equally likely. Three things make it fast and change
no result: loads only grow, so "no load below L can be reached from this officer" stays true once proven; officers
who can never stand in for each other are communities of their own; in a community nobody is below its lowest load.
A chain of displacements can be as long as there are officers, so the search keeps its own stack.
Proven by tests/rules/test_pairing.py against every assignment and against a min-cost flow.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import filterfalse, pairwise

Person = tuple[str, str, frozenset[str], frozenset[str], int]  # pid, department, qualifications, counties, load
Place = tuple[str, int]  # object id, slot number
Fit = tuple[int, str]  # slot number, county
NOBODY = -1
UNREACHABLE = 1 << 60


def pair_people(
    prk: bytes,
    objects: Sequence[tuple[str, str]],
    slots: Sequence[tuple[str | None, str | None]],
    people: Sequence[Person],
    recusals: frozenset[tuple[str, str]],
) -> tuple[dict[str, list[str | None]], list[Place]]:
    """Serve every (object, slot). ``prk`` keys the tickets; ``objects`` are (id, county). No id and no pid comes twice.

    Returns teams (id -> pid or None per slot) in the order of ``objects``, and the places that nobody could take.
    """
    return _Pairing(prk, objects, slots, people, recusals).run()


@dataclass(slots=True)
class _Step:
    """A place on the way of a search: who is still to be asked, and whose places are being tried."""

    place: int
    candidates: Iterator[int]
    officer: int = NOBODY
    held: Iterator[int] | None = None
    displaced: int = NOBODY


class _Pairing:
    """Places are numbered object * slots + slot, officers by their row in ``people``."""

    def __init__(
        self,
        prk: bytes,
        objects: Sequence[tuple[str, str]],
        slots: Sequence[tuple[str | None, str | None]],
        people: Sequence[Person],
        recusals: frozenset[tuple[str, str]],
    ) -> None:
        self.prk, self.objects, self.people, self.recusals = prk, objects, people, recusals
        self.n_slots = len(slots)
        self.fits: dict[Fit, list[int]] = {(slot, county): [] for slot in range(len(slots)) for _, county in objects}
        for j, (_, d, quals, counties, _) in enumerate(people):
            for slot, (dept, qual) in enumerate(slots):
                if (dept is None or d == dept) and (qual is None or qual in quals):
                    for county in counties:
                        if (slot, county) in self.fits:
                            self.fits[slot, county].append(j)
        self.pids = [p[0].encode() for p in people]
        self.load = [p[4] for p in people]
        self.holds: list[list[int]] = [[] for _ in people]
        self.holder = [NOBODY] * (len(objects) * self.n_slots)
        self.bound = [0] * len(people)  # no load below this can be reached from the officer
        self.closed: list[bytearray] = []  # level -> officer -> whether their bound has reached it
        self.candidates: dict[int, array[int]] = {}
        # Of the community at work: how many officers carry each load, the lowest and the highest of them.
        self.carry: Counter[int] = Counter()
        self.lowest = self.highest = 0

    def run(self) -> tuple[dict[str, list[str | None]], list[Place]]:
        n = self.n_slots
        names = [(i, s) for i, _ in self.objects for s in range(n)]
        ranked = sorted((sha256(self.prk + f"place|{i}|{s}".encode()).digest(), i.encode(), s, place) for place, (i, s) in enumerate(names))
        order = [place for *_, place in ranked]
        community = _communities(self.fits, len(self.people))
        waiting: dict[int, list[int]] = {}
        for place in order:
            waiting.setdefault(community[place % n, self.objects[place // n][1]], []).append(place)
        members: dict[int, set[int]] = {}
        for fit, root in community.items():
            members.setdefault(root, set()).update(self.fits[fit])
        unserved: set[int] = set()
        for root, places in waiting.items():
            self.carry = Counter(self.load[j] for j in members[root])
            self.lowest, self.highest = min(self.carry, default=UNREACHABLE), max(self.carry, default=0)
            unserved.update(place for place in places if not self._serve(place))
            self.candidates.clear()
        teams: dict[str, list[str | None]] = {i: [None] * n for i, _ in self.objects}
        for place, j in enumerate(self.holder):
            if j != NOBODY:
                teams[names[place][0]][names[place][1]] = self.people[j][0]
        return teams, [names[place] for place in order if place in unserved]

    def _cand(self, place: int) -> array[int]:
        found = self.candidates.get(place)
        if found is None:
            (object_id, county), slot = self.objects[place // self.n_slots], place % self.n_slots
            fitting = self.fits[slot, county]
            if self.recusals:
                fitting = [j for j in fitting if (object_id, self.people[j][0]) not in self.recusals]
            prefix, pids = self.prk + f"pair|{object_id}|{slot}|".encode(), self.pids
            # Arrays are nothing to the garbage collector, which would walk millions of list entries again and again.
            found = self.candidates[place] = array("i", sorted(fitting, key=lambda j: sha256(prefix + pids[j]).digest()))
        return found

    def _serve(self, place: int) -> bool:
        # Nearly every place is served at the first level, so what is proven is only looked up once that has failed.
        level = self.lowest + 1
        while level <= self.highest + 1:
            if self._augment(place, level):
                return True
            level = max(level, self._proven(place)) + 1
        return False

    def _proven(self, place: int) -> int:
        """No load below this can be reached from the place."""
        first = place - place % self.n_slots
        order = self._cand(place)
        mates = {j: x for x, j in enumerate(self.holder[first : first + self.n_slots], first) if j in order}
        # A mate is passed through the place they hold here, so it is the others' bounds that speak, and those of all places so reached.
        return min((self.bound[j] for p in (place, *mates.values()) for j in self._cand(p) if j not in mates), default=UNREACHABLE)

    def _closed_at(self, level: int) -> bytearray:
        while len(self.closed) <= level:
            self.closed.append(bytearray(b >= len(self.closed) for b in self.bound))
        return self.closed[level]

    def _ask(self, place: int, closed: bytearray) -> Iterator[int]:
        """The place's candidates in order, without those closed by the time they are reached; ~x for one who holds x of its object."""
        first = place - place % self.n_slots
        team = self.holder[first : first + self.n_slots]
        for j in self._cand(place):
            if j in team:
                yield ~(first + team.index(j))
            elif not closed[j]:
                yield j

    def _augment(self, start: int, level: int) -> bool:
        """Find an officer with a load below ``level``, by displacements where need be. Nothing changes before one is found."""
        closed = self._closed_at(level)
        been, seen = {start}, list[int]()
        way = [_Step(start, self._ask(start, closed))]
        while way:
            step = way[-1]
            if step.held is not None:
                x = next(step.held, None)
                if x is not None:
                    been.add(x)
                    step.displaced = x
                    way.append(_Step(x, self._ask(x, closed)))
                    continue
                step.held = None
            j = next(step.candidates, None)
            if j is None:
                way.pop()
            elif j < 0:
                step.officer, step.held = self.holder[~j], filterfalse(been.__contains__, (~j,))
            elif self.load[j] < level:
                self._settle(way, j)
                for k in seen:
                    closed[k] = 0
                return True
            else:
                closed[j] = 1
                seen.append(j)
                step.officer, step.held = j, filterfalse(been.__contains__, self.holds[j])
        for j in seen:
            self.bound[j] = max(self.bound[j], level)
        return False

    def _settle(self, way: list[_Step], j: int) -> None:
        """The last place goes to ``j``; each one before it takes the position that its displaced place gives up."""
        last = way[-1].place
        self.holds[j].append(last)
        self.holder[last] = j
        self.carry[self.load[j]] -= 1
        self.load[j] += 1
        self.carry[self.load[j]] += 1
        self.highest = max(self.highest, self.load[j])
        while not self.carry[self.lowest]:
            self.lowest += 1
        for step in reversed(way[:-1]):
            held = self.holds[step.officer]
            held[held.index(step.displaced)] = step.place
            self.holder[step.place] = step.officer


def _communities(fits: dict[Fit, list[int]], n_people: int) -> dict[Fit, int]:
    """A number for each (slot, county); the same one where a chain of common candidates links them. Union-find over officers."""
    parent = list(range(n_people))

    def root(j: int) -> int:
        while parent[j] != j:
            parent[j] = j = parent[parent[j]]
        return j

    for members in fits.values():
        for a, b in pairwise(members):
            parent[root(a)] = root(b)
    return {fit: root(members[0]) if members else NOBODY for fit, members in fits.items()}
