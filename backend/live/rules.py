"""What is told, to whom, under which topics. Pure.

A topic is a kind of thing in the plural (``inspections``) or one thing (``inspection:<id>``). Proven by tests/rules/test_live_rules.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.kernel.errors import Invalid
from backend.kernel.scope import Scope

CHANNEL: Final = "live"
KINDS: Final = ("campaign", "inspection", "submission", "import", "recusal", "plan")
LISTS: Final = {"campaign": "campaigns", "inspection": "inspections", "submission": "submissions", "import": "imports", "recusal": "recusals", "plan": "plans"}
MOST_TOPICS: Final = 20
_TOPIC: Final = re.compile(rf"({'|'.join(LISTS.values())})|({'|'.join(KINDS)}):([0-9a-f-]{{36}})")


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed. ``id`` None: several of the kind at once. ``up``: other things that contain it, as topics.

    ``departments`` empty: whoever covers the region. ``region`` is a GB/T 2260 code or prefix. ``may_be_any``: of several, nobody says which.
    """

    kind: str
    id: str | None
    up: tuple[str, ...]
    departments: frozenset[str]
    region: str
    may_be_any: bool = False

    @property
    def topics(self) -> frozenset[str]:
        own = {LISTS[self.kind], *self.up}
        return frozenset(own | {f"{self.kind}:{self.id}"} if self.id else own)

    def meets(self, topics: frozenset[str]) -> frozenset[str]:
        """Which of ``topics`` it concerns, or may concern."""
        met = self.topics & topics
        return met | {t for t in topics if t.startswith(self.kind + ":")} if self.may_be_any else met


def read(payload: str) -> Change | None:
    """What a trigger said; None for what is not understood (an older process beside a newer schema)."""
    try:
        told = json.loads(payload)
        kind = told["k"]
        if kind not in KINDS:
            return None
        departments = frozenset(d for d in told.get("d") or () if d)
        return Change(kind, told.get("i"), tuple(told.get("u") or ()), departments, told.get("r") or "", bool(told.get("a")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def may_hear(scope: Scope, change: Change) -> bool:
    """Within the department, and within the region or around it: a campaign of the city concerns its counties."""
    if scope.department is not None and change.departments and scope.department not in change.departments:
        return False
    if change.kind in ("campaign", "recusal", "import", "plan"):
        return change.region.startswith(scope.region) or scope.region.startswith(change.region)
    return change.region.startswith(scope.region)


def check_topics(asked: Iterable[str], *, may_be_none: bool = False) -> frozenset[str]:
    """Raises ``Invalid`` for none, too many, or what is no topic."""
    topics = frozenset(asked)
    if not (topics or may_be_none) or len(topics) > MOST_TOPICS:
        raise Invalid(field="t", why_zh=f"须为 1 至 {MOST_TOPICS} 个主题", why_en=f"give 1 to {MOST_TOPICS} topics")
    for topic in topics:
        found = _TOPIC.fullmatch(topic)
        try:
            if found is None or (found[3] and str(UUID(found[3])) != found[3]):
                raise ValueError
        except ValueError as e:
            raise Invalid(field="t", why_zh="没有这个主题", why_en="there is no such topic") from e
    return topics


# -- who is here -------------------------------------------------------------------------------------------------------

_PLACE: Final = re.compile(r"[a-z]{2,20}:[A-Za-z0-9._/-]{1,80}")


@dataclass(frozen=True, slots=True)
class Person:
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Statement:
    """All people whom the process ``boot`` serves at a place, a thing that is edited (``enterprise:<id>``). ``ask``: and who is with you?"""

    boot: str
    place: str
    people: tuple[Person, ...]
    ask: bool

    def write(self) -> str:
        return json.dumps({"b": self.boot, "p": self.place, "w": [[p.account, p.name] for p in self.people], "a": self.ask}, ensure_ascii=False)


def read_statement(payload: str) -> Statement | None:
    """None for what is not understood."""
    try:
        said = json.loads(payload)
        people = tuple(Person(str(account), str(name)) for account, name in said["w"])
        place = check_place(said["p"])
        return Statement(str(said["b"]), place, people, bool(said["a"]))
    except (ValueError, KeyError, TypeError, AttributeError, Invalid):
        return None


def check_place(place: str) -> str:
    """Raises ``Invalid``."""
    if not _PLACE.fullmatch(place):
        raise Invalid(field="here", why_zh="没有这个地方", why_en="there is no such place")
    return place
