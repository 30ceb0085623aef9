"""Reads on invitations. The lead, the invited department and the oversight office see one, within the region of its campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.invitations.rules import ACCEPTED
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.storage.engine import reader

PAGE = 100


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation with what its campaign asks. ``counties`` and ``items`` are the answer's, ``asked`` the campaign's counties."""

    id: UUID
    campaign: UUID
    number: str
    name: str
    lead: str
    region: str
    asked: tuple[str, ...]
    officers_per_visit: int
    due_on: date
    campaign_state: str
    campaign_version: int
    department: str
    version: int
    state: str
    message: str
    sent_by: UUID
    sent_at: datetime
    officers: int | None
    counties: tuple[str, ...]
    items: tuple[str, ...]
    answer: str
    answered_by: UUID | None
    answered_at: datetime | None
    lapsed_at: datetime | None
    ground: str
    overridden_by: UUID | None
    overridden_at: datetime | None
    ended_at: datetime | None
    ending: str

    @property
    def is_current(self) -> bool:
        return self.ended_at is None

    @property
    def waits(self) -> bool:
        """Whether its clock runs."""
        return self.state == "open" and self.is_current and self.campaign_state == "draft"


_ONE = (
    "select i.id, i.campaign, c.number, c.name, c.department as lead, c.region, c.counties as asked, c.officers_per_visit, c.due_on,"
    " c.state as campaign_state, c.version as campaign_version, i.department, i.version, i.state, i.message, i.sent_by, i.sent_at, i.officers,"
    " i.counties, i.items, i.answer, i.answered_by, i.answered_at, i.lapsed_at, i.ground, i.overridden_by, i.overridden_at, i.ended_at, i.ending"
    " from invitation i join campaign c on c.id = i.campaign"
)
_MINE = "($1::text is null or i.department = $1 or c.department = $1) and (starts_with(c.region, $2) or starts_with($2, c.region))"
_WAITS = "i.state = 'open' and i.ended_at is null and c.state = 'draft'"


def _view(row: object) -> InvitationView:
    fields = dict(row)  # type: ignore[call-overload]
    for name in ("asked", "counties", "items"):
        fields[name] = tuple(fields[name])
    return InvitationView(**fields)


async def list_invitations(scope: Scope, *, is_done: bool = False) -> list[InvitationView]:
    """Those that wait for an answer, the oldest first; or all else, the latest first."""
    which = f"not ({_WAITS}) order by i.sent_at desc" if is_done else f"{_WAITS} order by i.sent_at"
    rows = await reader().fetch(f"{_ONE} where {_MINE} and {which} limit {PAGE}", scope.department, scope.region)
    return [_view(row) for row in rows]


async def find_invitation(invitation: UUID, scope: Scope) -> InvitationView:
    """Raises ``NotFound`` outside the scope, as for one that is not there."""
    row = await reader().fetchrow(f"{_ONE} where i.id = $3 and {_MINE}", scope.department, scope.region, invitation)
    if row is None:
        raise NotFound()
    return _view(row)


async def list_of_campaign(campaign: UUID) -> list[InvitationView]:
    """For a caller that has found the campaign within a scope: the ones that count first, then those that ended, the latest first."""
    rows = await reader().fetch(f"{_ONE} where i.campaign = $1 order by i.ended_at is not null, i.department, i.sent_at desc", campaign)
    return [_view(row) for row in rows]


async def list_waiting() -> list[InvitationView]:
    """All that wait, for the worker; of those who have not been told yet that the period is over."""
    return [_view(row) for row in await reader().fetch(f"{_ONE} where {_WAITS} and i.lapsed_at is null order by i.sent_at")]


async def load_states(campaign: UUID) -> dict[str, str]:
    """Department -> state of the invitation that counts."""
    rows = await reader().fetch("select department, state from invitation where campaign = $1 and ended_at is null", campaign)
    return {row["department"]: row["state"] for row in rows}


async def load_offers(campaign: UUID, departments: Sequence[str]) -> dict[str, frozenset[str]]:
    """The counties in which each accepted partner offered its officers."""
    rows = await reader().fetch(
        "select department, counties from invitation where campaign = $1 and department = any($2) and ended_at is null and state = $3",
        campaign,
        list(departments),
        ACCEPTED,
    )
    return {row["department"]: frozenset(row["counties"]) for row in rows}
