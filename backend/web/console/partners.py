"""配合部门 of one campaign: who was asked, what each said, what is lacking. For the campaign's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.deadlines.queries import load_book
from backend.deadlines.rules import Lamp
from backend.inspections.queries import CampaignView
from backend.invitations import queries, rules
from backend.invitations.queries import InvitationView
from backend.items.queries import ItemView, list_items
from backend.people import queries as people
from backend.people.queries import DepartmentView
from backend.people.rules import MANAGER, Principal
from backend.usecases.invite import lamp_of
from backend.web.console import lamps
from backend.web.shared.i18n import pick

BADGES = {rules.OPEN: "warn", rules.ACCEPTED: "good", rules.DECLINED: "bad", rules.OVERRIDDEN: "accent"}


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner department with the invitation that counts, its clock and the items that it brings."""

    code: str
    invitation: InvitationView | None
    lamp: Lamp | None
    items: Sequence[ItemView]


@dataclass(frozen=True, slots=True)
class Joint:
    """``lacking``: whose yes is not there; ``askable``: who can be asked (again); ``gaps``: (department, counties that it does not serve).

    ``ended``: invitations that count no longer; ``others``: departments that could come in.
    """

    partners: Sequence[Partner]
    lacking: Sequence[str]
    askable: Sequence[str]
    gaps: Sequence[tuple[str, Sequence[str]]]
    ended: Sequence[InvitationView]
    others: Sequence[DepartmentView]
    may_ask: bool
    states: Mapping[str, tuple[str, str]]
    say: object


def states() -> dict[str, tuple[str, str]]:
    """State -> its name and the kind of its badge."""
    return {key: (pick({"zh": zh, "en": en}, ""), BADGES[key]) for key, (zh, en) in rules.STATES.items()}


async def load(campaign: CampaignView, who: Principal) -> Joint:
    invitations = await queries.list_of_campaign(campaign.id)
    book = await load_book()
    items = {i.code: i for i in await list_items()}
    current = {i.department: i for i in invitations if i.is_current}
    partners = []
    for code in campaign.partners:
        found = current.get(code)
        partners.append(Partner(code, found, lamp_of(found, book) if found else None, [items[i] for i in found.items if i in items] if found else []))
    is_draft = campaign.state == "draft"
    gaps = [
        (p.code, [c for c in campaign.counties if c not in p.invitation.counties])
        for p in partners
        if p.invitation and p.invitation.state == rules.ACCEPTED and not set(campaign.counties) <= set(p.invitation.counties)
    ]
    stated = {code: i.state for code, i in current.items()}
    return Joint(
        partners=partners,
        lacking=rules.missing(campaign.partners, stated) if is_draft else [],
        askable=[p for p in campaign.partners if stated.get(p) in (None, rules.DECLINED)],
        gaps=gaps,
        ended=[i for i in invitations if not i.is_current],
        others=[d for d in await people.list_open_departments() if d.code not in campaign.departments],
        may_ask=is_draft and who.role == MANAGER and who.department == campaign.department,
        states=states(),
        say=lamps.say,
    )
