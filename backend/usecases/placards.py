"""企业码牌: a department issues codes for doors, has them printed, and revokes what no longer holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.people import queries as people
from backend.people.rules import MANAGER, Principal
from backend.people.service import require
from backend.placards import queries, rules, service
from backend.placards.queries import PlacardView
from backend.registry import queries as registry
from backend.registry import search
from backend.registry.queries import EnterpriseView, Filter
from backend.registry.rules import normalise_code
from backend.rulebook.queries import find_retention
from backend.storage.engine import connection, transaction
from backend.usecases.export_register import NotAllFound

_STRETCH: Final = 1000
SHOWN_MISSES: Final = 10
Renderer = Callable[[str, Sequence[PlacardView]], Awaitable[tuple[bytes, int]]]
"""(format, placards) -> (PDF, its pages)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to issue codes for: those that a filter finds, or, where ``codes`` is not empty, the listed ones, a code a line.

    ``is_reissue``: also for those that have one; the earlier ones of the kind no longer hold then.
    """

    format: str
    by: Filter
    codes: str = ""
    is_reissue: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        listed = [line.strip() for line in self.codes.splitlines() if line.strip()]
        chosen: dict[str, Any] = {"codes": listed} if listed else {"filter": {k: v for k, v in asdict(self.by).items() if v}}
        return chosen | {"format": self.format, "reissue": self.is_reissue}


async def issue_placards(batch: UUID, choice: Choice, *, by: Principal) -> str:
    """One batch in one transaction. Idempotent by ``batch``, the form's own id. Returns its number.

    Raises ``Forbidden``, ``Invalid`` naming the field and, of a list, the lines that fit nothing, ``NothingToIssue``, ``TooMany``, ``NotAllFound``.
    """
    require(by, MANAGER)
    form = rules.check_format(choice.format)
    department = by.department or ""
    async with transaction():
        await service.take_turn()
        digest = service.fingerprint(choice.asked | {"department": department})
        if await service.find_same(batch, digest):
            return (await queries.find_batch(batch, by.scope)).number
        chosen = await _listed(choice.codes, by) if choice.codes.strip() else await _found(choice.by, by)
        active = [e for e in chosen if e.status == "active"]
        standing = set() if choice.is_reissue else await queries.list_standing([e.id for e in active], kind=form.kind, department=department)
        doors = [service.Door(e.id, e.code, e.name, e.address, e.region) for e in active if e.id not in standing]
        left_out = (len(standing), len(chosen) - len(active))
        if not doors:
            raise rules.NothingToIssue(n=len(chosen), skipped=left_out[0], inactive=left_out[1])
        authority = next(d for d in await people.list_departments() if d.code == department)
        return await service.issue(
            batch,
            doors,
            form=choice.format,
            asked={**choice.asked, **({"codes": len(doors)} if "codes" in choice.asked else {})},
            asked_sha256=digest,
            left_out=left_out,
            replaces=choice.is_reissue,
            issuer=service.Issuer(department, by.region, authority.name_zh, authority.name_en, by.account_id),
        )


async def _found(chosen: Filter, by: Principal) -> list[EnterpriseView]:
    if await search.count_unindexed():
        raise NotAllFound()
    found: list[EnterpriseView] = []
    async for stretch in search.stream_enterprises(by.scope, chosen, stretch=_STRETCH):
        found += stretch
        if len(found) > rules.LARGEST:
            raise rules.TooMany(most=rules.LARGEST)
    return found


async def _listed(text: str, by: Principal) -> list[EnterpriseView]:
    lines = [(n, normalise_code(line)) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    codes = list(dict.fromkeys(code for _n, code in lines))
    if len(codes) > rules.LARGEST:
        raise rules.TooMany(most=rules.LARGEST)
    known = {code: e for code, e in (await registry.list_by_codes(codes)).items() if e.region.startswith(by.region)}
    if misses := [f"{n} ({code})" for n, code in lines if code not in known]:
        more = "" if len(misses) <= SHOWN_MISSES else f" … ({len(misses)})"
        where = ", ".join(misses[:SHOWN_MISSES]) + more
        raise Invalid(field="codes", why_zh=f"下列行的代码不在您辖区的名录中：{where}", why_en=f"these lines are not in the register of your region: {where}")
    return [known[code] for code in codes]


async def revoke_placard(placard: UUID, *, ground: str, reason: str, by: Principal) -> PlacardView:
    """Raises ``NotFound`` outside the scope, ``Invalid``, ``RevokedBefore``."""
    require(by, MANAGER)
    async with transaction():
        found = await queries.find_placard(placard, by.scope)
        await service.revoke(placard, serial=found.serial, ground=ground, reason=reason, by=by.account_id)
        return found


async def print_file(batch: UUID, part: int, *, by: Principal) -> tuple[bytes, str] | None:
    """(PDF, its name), counted as printed; None while it is being made. Raises ``NotFound`` outside the scope."""
    require(by, MANAGER)
    async with transaction():
        view = await queries.find_batch(batch, by.scope)
        taken = await service.take_file(batch, part)
    return (taken[0], f"{view.number}-{part}") if taken else None


async def make_files_again(batch: UUID, *, by: Principal) -> int:
    """Raises ``NotFound`` outside the scope."""
    require(by, MANAGER)
    async with transaction():
        await queries.find_batch(batch, by.scope)
        return await service.ask_again(batch)


async def make_file(payload: dict[str, Any], render: Renderer) -> None:
    """The worker's part: one file. Idempotent. Codes that were revoked meanwhile are left out: nobody prints them any more."""
    row = await connection().fetchrow(
        "select s.id, s.batch, s.first, s.last, b.format from placard_sheet s join placard_batch b on b.id = s.batch where s.id = $1 and s.pdf is null"
        " for update of s",
        payload["sheet"],
    )
    if row is None:
        return
    placards = await queries.list_of_batch(row["batch"], after=row["first"] - 1, last=row["last"], limit=row["last"] - row["first"] + 1)
    pdf, pages = await render(row["format"], [p for p in placards if not p.ground])
    await service.keep_file(row["id"], pdf, pages)


async def remove_old_files() -> int:
    """The worker's part: files that were made longer ago than the rulebook keeps them. Returns how many."""
    async with transaction():
        days = await find_retention("placards", clock.today())
        return 0 if days is None else await service.remove_old_files(days)
