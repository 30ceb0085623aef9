"""Officers to places: the pairing of ``sdr/1``. Pure.

As many places are served as can be at all; among all such assignments the sum of squared loads is least; nobody
holds two places of one object; equally qualified officers are equally likely. Loads only grow, so "no load below
L can be reached from this officer" stays true once proven: ``bound`` remembers that and changes no result.
Proven by tests/rules/test_pairing.py against a min-cost flow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

Key = Callable[..., str]
Person = tuple[str, str, frozenset[str], frozenset[str], int]  # pid, department, qualifications, counties, load
Place = tuple[str, int]  # object id, slot number


def pair_people(
    key: Key,
    objects: Sequence[tuple[str, str]],
    slots: Sequence[tuple[str | None, str | None]],
    people: Sequence[Person],
    recusals: frozenset[tuple[str, str]],
) -> tuple[dict[str, list[str | None]], list[Place]]:
    """Serve every (object, slot). ``key(kind, *fields)`` is the draw's ticket; ``objects`` are (id, county).

    Returns teams (id -> pid or None per slot) in the order of ``objects``, and the places that nobody could take.
    """
    return _Pairing(key, objects, slots, people, recusals).run()


class _Pairing:
    def __init__(
        self,
        key: Key,
        objects: Sequence[tuple[str, str]],
        slots: Sequence[tuple[str | None, str | None]],
        people: Sequence[Person],
        recusals: frozenset[tuple[str, str]],
    ) -> None:
        self.key, self.objects, self.slots, self.people, self.recusals = key, objects, slots, people, recusals
        self.county = dict(objects)
        self.load = {p[0]: p[4] for p in people}
        self.holds: dict[str, list[Place]] = {p[0]: [] for p in people}
        self.bound = {p[0]: 0 for p in people}  # no load below this can be reached from the officer
        self.taken: dict[str, dict[str, Place]] = {i: {} for i, _ in objects}  # object -> officer -> the place they hold there
        self.highest = max(self.load.values(), default=0)
        self.candidates: dict[Place, list[str]] = {}
        # Who fits a slot in a county at all: shared by all objects there.
        self.fits: dict[tuple[int, str], list[str]] = {}

    def cand(self, place: Place) -> list[str]:
        found = self.candidates.get(place)
        if found is None:
            object_id, slot = place
            county = self.county[object_id]
            fit = self.fits.get((slot, county))
            if fit is None:
                dept, qual = self.slots[slot]
                fit = [
                    pid
                    for pid, d, quals, counties, _ in self.people
                    if (dept is None or d == dept) and (qual is None or qual in quals) and county in counties
                ]
                self.fits[slot, county] = fit
            found = sorted(
                (pid for pid in fit if (object_id, pid) not in self.recusals),
                key=lambda pid: (self.key("pair", object_id, str(slot), pid), pid.encode()),
            )
            self.candidates[place] = found
        return found

    def run(self) -> tuple[dict[str, list[str | None]], list[Place]]:
        places = sorted(
            ((i, s) for i, _ in self.objects for s in range(len(self.slots))),
            key=lambda p: (self.key("place", p[0], str(p[1])), p[0].encode(), p[1]),
        )
        # A path of displacements can be as long as there are officers.
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, 4 * len(self.people) + 4 * len(places) + 1000))
        try:
            exceptions = [place for place in places if not self._serve(place)]
        finally:
            sys.setrecursionlimit(limit)
        teams: dict[str, list[str | None]] = {i: [None] * len(self.slots) for i, _ in self.objects}
        for pid, held in self.holds.items():
            for object_id, slot in held:
                teams[object_id][slot] = pid
        return teams, exceptions

    def _serve(self, place: Place) -> bool:
        # An officer who already holds a place of this object is passed through that place, so no bound of theirs speaks.
        level = 1 if self.taken[place[0]] else min((self.bound[j] for j in self.cand(place)), default=0) + 1
        while level <= self.highest + 1:
            seen_people: set[str] = set()
            if self._augment(place, level, set(), seen_people):
                return True
            for j in seen_people:
                self.bound[j] = max(self.bound[j], level)
            level += 1
        return False

    def _augment(self, place: Place, level: int, seen_places: set[Place], seen_people: set[str]) -> bool:
        seen_places.add(place)
        object_id = place[0]
        for j in self.cand(place):
            twin = self.taken[object_id].get(j)
            if twin is not None:
                if twin not in seen_places and self._augment_over(twin, place, j, level, seen_places, seen_people):
                    return True
                continue
            if j in seen_people or self.bound[j] >= level:
                continue
            seen_people.add(j)
            if self.load[j] < level:
                self.holds[j].append(place)
                self.taken[object_id][j] = place
                self.load[j] += 1
                self.highest = max(self.highest, self.load[j])
                return True
            for x in list(self.holds[j]):
                if x not in seen_places and self._augment_over(x, place, j, level, seen_places, seen_people):
                    return True
        return False

    def _augment_over(self, x: Place, place: Place, j: str, level: int, seen_places: set[Place], seen_people: set[str]) -> bool:
        """Find x another officer; then ``place`` takes x's position at j."""
        if not self._augment(x, level, seen_places, seen_people):
            return False
        self.holds[j][self.holds[j].index(x)] = place
        if self.taken[x[0]].get(j) == x:
            del self.taken[x[0]][j]
        self.taken[place[0]][j] = place
        return True
