"""Reads on complaints and tips: for the office within ``rules.sight_of`` the person, for the citizen by the code's hash and by nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.deadlines.rules import Bound
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.people.rules import Principal
from backend.storage.engine import reader
from backend.tips import rules
from backend.tips.rules import Category

PAGE = 50


@dataclass(frozen=True, slots=True)
class TipView:
    """``since`` and ``clock``: what runs, None once it is over. ``photos``: how many. ``lead``: the number of the one that it was joined to."""

    id: UUID
    number: str
    track: str
    subject: str
    category: str
    category_zh: str
    category_en: str
    enterprise: UUID | None
    enterprise_code: str
    enterprise_name: str
    accused: str
    county: str
    place: str
    text: str
    has_contact: bool
    filed_at: datetime
    filed_on: date
    state: str
    department: str | None
    clock: str | None
    since: date | None
    reason: str
    decided_by: UUID | None
    decided_at: datetime | None
    joined_to: UUID | None
    lead: str | None
    closed_at: datetime | None
    photos: int
    extended_at: datetime | None
    extended_why: str
    erased_at: datetime | None
    erased_why: str
    version: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """``author`` None: the citizen."""

    id: UUID
    kind: str
    author: UUID | None
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitLink:
    """A visit that was opened because of it. ``result``: the number of what was published of it."""

    inspection: UUID
    campaign: UUID
    campaign_number: str
    state: str
    opened_at: datetime
    result: str | None


@dataclass(frozen=True, slots=True)
class TipFilter:
    """``state``: "" (what is open), a state, or ``all``. ``lamp``: red | yellow | green."""

    state: str = ""
    lamp: str = ""
    subject: str = ""
    text: str = ""


_TIP = (
    "select t.id, t.number, t.track, t.subject, t.category, k.zh as category_zh, k.en as category_en, t.enterprise, t.enterprise_code,"
    " t.enterprise_name, t.accused, t.county, t.place, t.text, t.contact is not null as has_contact, t.filed_at, t.filed_on, t.state, t.department, t.clock,"
    " t.since, t.reason, t.decided_by, t.decided_at, t.joined_to, (select l.number from tip l where l.id = t.joined_to) as lead, t.closed_at,"
    " (select count(*)::int from received_file f where f.purpose = 'tip' and f.subject = t.id and f.erased_at is null) as photos,"
    " t.extended_at, t.extended_why, t.erased_at, t.erased_why, t.version"
    " from tip t join tip_category k on k.code = t.category"
)
# $1 department or null, $2 region, $3 whether what is about officers is seen.
_SEEN = "starts_with(t.county, $2) and ($1::text is null or t.department = $1) and ($3 or t.subject = 'enterprise')"
_RANK = {"red": 3, "yellow": 2, "green": 1}


def _sight(who: Principal) -> tuple[str | None, str, bool]:
    sight = rules.sight_of(who)
    return sight.department, sight.region, sight.office


async def list_tips(who: Principal, by: TipFilter, bounds: Sequence[Bound], *, after: UUID | None = None, limit: int = PAGE) -> list[TipView]:
    """Open ones, the one that has waited longest first; others, the latest first. ``bounds``: of ``deadlines.rules``, for the lamp.

    Raises ``Forbidden`` for a role that has no part in it.
    """
    is_open = by.state in ("", *rules.RUNNING)
    order = "t.since, t.number" if is_open else "t.filed_at desc, t.number desc"
    place = "(t.since, t.number) > (select since, number" if is_open else "(t.filed_at, t.number) < (select filed_at, number"
    state = {"": "t.clock is not null", "all": "true"}.get(by.state, "t.state = $6")
    rows = await reader().fetch(
        "with bound as (select * from unnest($8::text[], $9::date[], $10::date[], $11::date[], $12::date[])"
        f" b (clock, first, last, red_before, yellow_before)) {_TIP}"
        " left join bound b on b.clock = t.clock and t.since between b.first and b.last"
        f" where {_SEEN} and {state} and ($6::text is not null) and ($7 = 0 or $7 = case when t.clock is null then 0 when t.since < b.red_before then 3"
        " when t.since < b.yellow_before then 2 else 1 end) and ($13 = '' or t.subject = $13) and ($14 = '' or t.number = $14 or"
        " strpos(lower(t.enterprise_name || ' ' || t.enterprise_code || ' ' || t.text), lower($14)) > 0)"
        f" and ($4::uuid is null or {place} from tip where id = $4)) order by {order} limit $5",
        *_sight(who),
        after,
        limit,
        by.state,
        _RANK.get(by.lamp, 0),
        [b.clock for b in bounds],
        [b.first for b in bounds],
        [b.last for b in bounds],
        [b.red_before for b in bounds],
        [b.yellow_before for b in bounds],
        by.subject,
        by.text.strip()[:60],
    )
    return [TipView(**row) for row in rows]


async def count_open(who: Principal, bounds: Sequence[Bound]) -> tuple[int, int]:
    """(still to be decided on, past their period), of what the person handles: the own department's, or for the oversight office what is about
    officers and what no department has. Raises ``Forbidden``."""
    row = await reader().fetchrow(
        "with bound as (select * from unnest($4::text[], $5::date[], $6::date[], $7::date[]) b (clock, first, last, red_before))"
        " select count(*) filter (where t.state = 'filed')::int as filed, count(*) filter (where t.since < b.red_before)::int as late from tip t"
        f" join bound b on b.clock = t.clock and t.since between b.first and b.last where {_SEEN} and (not $3 or t.department is null)",
        *_sight(who),
        [b.clock for b in bounds],
        [b.first for b in bounds],
        [b.last for b in bounds],
        [b.red_before for b in bounds],
    )
    return row["filed"], row["late"]


async def find_tip(tip: UUID, who: Principal) -> TipView:
    """Raises ``NotFound`` for what the person may not see, as for what is not there; ``Forbidden`` for a role that has no part in it."""
    row = await reader().fetchrow(f"{_TIP} where t.id = $4 and {_SEEN}", *_sight(who), tip)
    if row is None:
        raise NotFound()
    return TipView(**row)


async def list_like(tip: TipView, who: Principal, limit: int = 8) -> list[TipView]:
    """Open ones that may speak of the same: of the same enterprise, or about the same officers' words; in the same hands."""
    rows = await reader().fetch(
        f"{_TIP} where {_SEEN} and t.id <> $4 and t.clock is not null and t.subject = $5 and t.department is not distinct from $6"
        " and (t.enterprise = $7 or ($8 <> '' and t.enterprise_name = $8) or ($9 <> '' and t.accused = $9)) order by t.filed_at limit $10",
        *_sight(who),
        tip.id,
        tip.subject,
        tip.department,
        tip.enterprise,
        tip.enterprise_name,
        tip.accused,
        limit,
    )
    return [TipView(**row) for row in rows]


async def list_joined(tip: UUID, who: Principal) -> list[TipView]:
    """Those that were joined to it."""
    return [TipView(**row) for row in await reader().fetch(f"{_TIP} where {_SEEN} and t.joined_to = $4 order by t.filed_at", *_sight(who), tip)]


async def list_of_inspection(inspection: UUID, who: Principal) -> list[TipView]:
    """The matters because of which a visit was opened, as far as the person sees them."""
    rows = await reader().fetch(f"{_TIP} join tip_visit v on v.tip = t.id where {_SEEN} and v.inspection = $4", *_sight(who), inspection)
    return [TipView(**row) for row in rows]


async def list_messages(tip: UUID) -> list[MessageView]:
    """The first one first. For a caller that has found the matter."""
    rows = await reader().fetch("select id, kind, author, text, at from tip_message where tip = $1 order by at, id", tip)
    return [MessageView(**row) for row in rows]


async def list_visits(tip: UUID) -> list[VisitLink]:
    """For a caller that has found the matter."""
    rows = await reader().fetch(
        "select v.inspection, v.campaign, c.number as campaign_number, i.state, v.opened_at, (select p.number from publication p"
        " where p.inspection = v.inspection order by p.version desc limit 1) as result from tip_visit v join inspection i on i.id = v.inspection"
        " join campaign c on c.id = v.campaign where v.tip = $1 order by v.opened_at",
        tip,
    )
    return [VisitLink(**row) for row in rows]


async def find_by_code(code: str) -> TipView:
    """What a citizen's code opens. Raises ``NoSuchCode``."""
    row = await reader().fetchrow(f"{_TIP} where t.code_sha256 = $1", rules.hash_code(rules.read_code(code)))
    if row is None:
        raise rules.NoSuchCode()
    return TipView(**row)


async def find_lead(tip: TipView) -> TipView:
    """The matter that a joined one goes on in, or itself. For the page behind its code."""
    if tip.joined_to is None:
        return tip
    row = await reader().fetchrow(f"{_TIP} where t.id = $1", tip.joined_to)
    assert row is not None
    return TipView(**row)


async def find_by_number(number: str, scope: Scope) -> tuple[UUID, str, str] | None:
    """(id, number, county), for who looks over erasures: not a word of what it says."""
    row = await reader().fetchrow("select id, number, county from tip where number = $1 and starts_with(county, $2)", number, scope.region)
    return (row["id"], row["number"], row["county"]) if row else None


async def list_over_before(age: timedelta, limit: int) -> list[UUID]:
    """Those that were closed, refused or joined longer ago than ``age`` and whose words still stand."""
    rows = await reader().fetch(
        "select id from tip where clock is null and coalesce(closed_at, decided_at, filed_at) < $1 and erased_at is null order by filed_at limit $2",
        clock.now() - age,
        limit,
    )
    return [row["id"] for row in rows]


async def list_categories(on: date) -> list[Category]:
    """Those in force on a day, in their order."""
    rows = await reader().fetch(
        "select code, subject, track, zh, en, department from tip_category where valid_from <= $1 and (valid_to is null or valid_to > $1)"
        " order by position, code",
        on,
    )
    return [Category(**row) for row in rows]
