"""What every act of the demonstration is played with: the clock, the phones and pens of its officers, a draw from plan to result."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from backend.cli.demo import joint, plans
from backend.cli.demo.fieldwork import Pen, Phone, Work, make_work
from backend.evidence import service as evidence
from backend.inspections import rules as inspection_rules
from backend.kernel import clock
from backend.people import service as people
from backend.people.rules import Principal
from backend.storage.engine import transaction
from backend.usecases.accept_part import accept_part
from backend.usecases.accept_submission import accept_submission
from backend.usecases.announce_draw import announce_draw
from backend.usecases.close_record import cosign
from backend.usecases.field_bundle import build_field_bundle
from backend.usecases.run_draw import run_draw

DICE = {"kind": "dice", "name": "十面骰子 10-sided dice", "rule": "20 throws, as thrown", "count": "20"}
KUAILE8 = {"kind": "kuaile8", "name": "快乐8 lottery", "rule": "20 balls of the draw of that date"}


def set_clock(day: date, hour: int, minute: int = 0) -> None:
    """Let it be that time in Beijing, for what comes next."""
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.BEIJING).astimezone(UTC)
    clock.hold(lambda: moment)


async def _one_chunk(content: bytes) -> AsyncIterator[bytes]:
    yield content


class Team:
    """The phones of everybody who hands in records in the demo."""

    def __init__(self, who: dict[str, Principal], seed: int) -> None:
        self.officers = {p.inspector_id: p for p in who.values() if p.inspector_id}
        self.phones: dict[UUID, Phone] = {}
        self.pens: dict[str, Pen] = {}
        self.dice = random.Random(seed)

    async def phone_of(self, officer: Principal) -> Phone:
        phone = self.phones.get(officer.account_id)
        if phone is None:
            phone = self.phones[officer.account_id] = Phone()
            async with transaction():
                await people.enrol_device(phone.id, account_id=officer.account_id, name="demo", public_key=phone.public_jwk())
        return phone

    async def visit(
        self,
        inspection: dict[str, object],
        checklists: dict[str, dict[str, object]],
        officer: Principal,
        *,
        bad: bool,
        is_cosigned: bool = True,
        remark: str = "",
        unscanned: str = "",
        days_on: int = 0,
    ) -> Work:
        """A record of the visit. ``is_cosigned``: a colleague's phone took part and has co-signed; otherwise it only took part.

        A second one of the same visit, after a return, rests on what the colleague's phone said the first time.
        """
        phone = await self.phone_of(officer)
        t_dev = round(clock.now().timestamp() * 1000) - 90_000
        colleague = next(self.officers[i] for o in inspection["officers"] if (i := UUID(o["inspector_id"])) != officer.inspector_id)  # type: ignore[attr-defined]
        visit = str(inspection["id"])
        if visit not in self.pens:
            self.pens[visit] = Pen(await self.phone_of(colleague), visit, str(colleague.inspector_id))
            item = inspection["items"][0]  # type: ignore[index]
            asked = next(q for q in checklists[item["checklist"]]["questions"] if q["type"] == "yes_no_na")  # type: ignore[attr-defined]
            part = self.pens[visit].write({"key": f"a/{item['code']}/{asked['id']}", "value": "no" if bad else "yes"}, t_dev_ms=t_dev - 600_000)
            await accept_part(UUID(visit), device=self.pens[visit].phone.id, part=part, by=colleague)
        pen = self.pens[visit]
        how = {"bad": bad, "remark": remark, "unscanned": unscanned, "days_on": days_on}
        work = make_work(inspection, checklists, phone, t_dev_ms=t_dev, dice=self.dice, parts=[pen.head()], **how)  # type: ignore[arg-type]
        for sha256, content in work.files.items():
            await evidence.upload(sha256, _one_chunk(content), uploader=officer.account_id, total=len(content))
        await accept_submission(work.submission, record=work.record, signature=work.signature, device=phone.id, by=officer)
        if is_cosigned:
            body, signature = pen.cosign(work.record, t_dev_ms=t_dev + 30_000)
            await cosign(work.submission, device=pen.phone.id, body=body, signature=signature, by=colleague)
        return work

    async def hand_back(self, by: Principal) -> None:
        """Nobody holds these phones' keys once the demonstration is loaded: they sign no more, and nobody waits for them."""
        for phone in self.phones.values():
            async with transaction():
                await people.revoke_device(phone.id, by=by.account_id)


async def hold_draw(plan: inspection_rules.Plan, day: date, who: dict[str, Principal], seed: int) -> str:
    """Plan and announce on one day, draw two days later, with two people typing what they saw."""
    manager = who["manager"]
    set_clock(day, 9, 30)
    campaign = await plans.begin(plan, by=manager)
    await joint.agree(campaign, plan.partners, who)
    set_clock(day, 10)
    sources = [{**DICE, "date": (day + timedelta(days=2)).isoformat()}, {**KUAILE8, "date": (day + timedelta(days=2)).isoformat()}]
    draw_id = await announce_draw(campaign, sources=sources, by=manager)
    set_clock(day + timedelta(days=2), 15)
    dice = random.Random(seed)
    thrown = "".join(str(dice.randrange(10)) for _ in range(20))
    balls = " ".join(map(str, sorted(dice.sample(range(1, 81), 20))))
    for witness in ("manager", "reviewer"):
        await run_draw(draw_id, [thrown, balls], by=who[witness])
    return draw_id


async def open_visits(who: dict[str, Principal]) -> list[tuple[dict[str, object], dict[str, dict[str, object]], Principal]]:
    """Every open inspection once, with its checklists and the first officer of its team."""
    found = {}
    for officer in who.values():
        if officer.inspector_id is None:
            continue
        bundle = await build_field_bundle(by=officer)
        for inspection in bundle["inspections"]:
            if inspection["officers"][0]["me"]:
                found[inspection["id"]] = (inspection, bundle["checklists"], officer)
    return [found[k] for k in sorted(found, key=lambda k: found[k][0]["enterprise"]["code"])]
