"""Reads on claims. An enterprise's person asks with their own enterprise; the office has found the enterprise within its scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.claims import rules
from backend.claims.sealing import unseal
from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.hashing import hash_key
from backend.kernel.scope import Scope
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class CodeView:
    """``state``: live, used, expired, or how it ended."""

    id: UUID
    enterprise: UUID
    kind: str
    rights: tuple[str, ...]
    issued_by: UUID
    issued_at: datetime
    expires_at: datetime
    tries: int
    used_at: datetime | None
    ended_at: datetime | None
    ending: str

    @property
    def state(self) -> str:
        if self.used_at:
            return "used"
        if self.ended_at:
            return self.ending
        return "live" if self.expires_at > clock.now() else "expired"


@dataclass(frozen=True, slots=True)
class MemberView:
    """``phone`` masked: whoever reads a list needs to recognise it, not to have it."""

    id: UUID
    person: str
    position: str
    phone: str
    is_owner: bool
    rights: tuple[str, ...]
    joined_at: datetime
    ended_at: datetime | None
    ending: str
    version: int


@dataclass(frozen=True, slots=True)
class PasskeyView:
    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many enterprises of a scope are claimed, hold a live code, or neither."""

    claimed: int
    waiting: int
    total: int


_MEMBER = (
    "select m.id, m.enterprise, e.code, e.name as enterprise_name, e.region, m.sealed, m.is_owner, m.rights from claim_member m"
    " join enterprise e on e.id = m.enterprise"
)


def _member(row: Mapping[str, Any]) -> rules.Member:
    fields = dict(row)
    told = unseal(fields.pop("sealed"))
    return rules.Member(**{**fields, "rights": frozenset(fields["rights"]), "person": told.person, "position": told.position})


async def find_session(cookie: str) -> rules.Member | None:
    """Whom a cookie of an enterprise stands for, if it is still good."""
    key = hash_key(cookie)
    row = await reader().fetchrow(
        f"{_MEMBER} join claim_session s on s.member = m.id where s.key_sha256 = $1 and s.expires_at > $2 and m.ended_at is null", key, clock.now()
    )
    return _member(row) if row else None


async def find_member(member: UUID) -> rules.Member | None:
    """One who has not left."""
    row = await reader().fetchrow(f"{_MEMBER} where m.id = $1 and m.ended_at is null", member)
    return _member(row) if row else None


async def find_contact(member: UUID) -> str:
    """The telephone number that a person gave, for a filing that the authority must be able to answer. Empty once they have left."""
    sealed = await reader().fetchval("select sealed from claim_member where id = $1", member)
    return unseal(sealed).phone if sealed else ""


def _member_view(row: Mapping[str, Any]) -> MemberView:
    fields = dict(row)
    told = unseal(fields.pop("sealed"))
    return MemberView(
        **{**fields, "rights": tuple(fields["rights"])}, person=told.person, position=told.position, phone=rules.masked(told.phone) if told.phone else ""
    )


_SHOWN = "select id, sealed, is_owner, rights, joined_at, ended_at, ending, version from claim_member"


async def list_members(enterprise: UUID, *, with_ended: bool = False) -> list[MemberView]:
    """The owner first, then by when they came; those who have left only where asked for."""
    rows = await reader().fetch(
        f"{_SHOWN} where enterprise = $1 and ($2 or ended_at is null) order by ended_at is not null, is_owner desc, joined_at", enterprise, with_ended
    )
    return [_member_view(row) for row in rows]


async def list_names(members: Sequence[UUID]) -> dict[UUID, str]:
    """``姓名（职务）`` of people, also of those who have left: acts keep who did them."""
    rows = await reader().fetch("select id, sealed from claim_member where id = any($1)", list(set(members)))
    found = {}
    for row in rows:
        told = unseal(row["sealed"])
        found[row["id"]] = f"{told.person}（{told.position}）" if told.position else told.person
    return found


async def list_member_ids(enterprise: UUID) -> list[UUID]:
    rows = await reader().fetch("select id from claim_member where enterprise = $1 and ended_at is null", enterprise)
    return [row["id"] for row in rows]


async def list_codes(enterprise: UUID, *kinds: str, limit: int = 20) -> list[CodeView]:
    """The newest first."""
    rows = await reader().fetch(
        "select id, enterprise, kind, rights, issued_by, issued_at, expires_at, tries, used_at, ended_at, ending from claim_code"
        " where enterprise = $1 and kind = any($2) order by issued_at desc limit $3",
        enterprise,
        list(kinds),
        limit,
    )
    return [CodeView(**{**dict(row), "rights": tuple(row["rights"])}) for row in rows]


async def find_code(code: UUID) -> CodeView | None:
    """For a caller that then asks for its enterprise within a scope."""
    row = await reader().fetchrow(
        "select id, enterprise, kind, rights, issued_by, issued_at, expires_at, tries, used_at, ended_at, ending from claim_code where id = $1", code
    )
    return CodeView(**{**dict(row), "rights": tuple(row["rights"])}) if row else None


async def list_passkeys(member: UUID) -> list[PasskeyView]:
    rows = await reader().fetch("select id, name, created_at, last_used_at from claim_passkey where member = $1 order by created_at", member)
    return [PasskeyView(**row) for row in rows]


async def list_own_uploads(enterprise: UUID, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that people of this enterprise have handed in."""
    rows = await reader().fetch("select sha256 from claim_upload where enterprise = $1 and sha256 = any($2)", enterprise, list(hashes))
    return {row["sha256"] for row in rows}


async def require_own_upload(enterprise: UUID, sha256: str) -> None:
    """Raises ``NotFound`` for a file of anybody else, as for one that is not there."""
    if sha256 not in await list_own_uploads(enterprise, [sha256]):
        raise NotFound()


async def find_earliest_claim() -> str:
    """The code of the enterprise that was claimed first, for the hint of a demonstration; empty where there is none."""
    return (
        await reader().fetchval(
            "select e.code from claim_member m join enterprise e on e.id = m.enterprise where m.is_owner and m.ended_at is null order by m.joined_at limit 1"
        )
        or ""
    )


async def count_standing(scope: Scope) -> Standing:
    """Of the active enterprises of the scope's region."""
    row = await reader().fetchrow(
        "select (select count(*) from enterprise where status = 'active' and starts_with(region, $1)) as total,"
        " (select count(distinct m.enterprise) from claim_member m join enterprise e on e.id = m.enterprise where m.ended_at is null"
        " and starts_with(e.region, $1)) as claimed,"
        " (select count(distinct c.enterprise) from claim_code c join enterprise e on e.id = c.enterprise where c.used_at is null and c.ended_at is null"
        " and c.expires_at > $2 and c.kind <> 'invite' and starts_with(e.region, $1)"
        " and not exists (select from claim_member m where m.enterprise = c.enterprise and m.ended_at is null)) as waiting",
        scope.region,
        clock.now(),
    )
    return Standing(row["claimed"], row["waiting"], row["total"])


async def list_unclaimed(enterprises: Sequence[UUID]) -> set[UUID]:
    """Those that nobody has claimed and that hold no live code of the office."""
    rows = await reader().fetch(
        "select w.id from unnest($1::uuid[]) w (id) where not exists (select from claim_member m where m.enterprise = w.id and m.ended_at is null)"
        " and not exists (select from claim_code c where c.enterprise = w.id and c.kind <> 'invite' and c.used_at is null and c.ended_at is null"
        " and c.expires_at > $2)",
        list(enterprises),
        clock.now(),
    )
    return {row["id"] for row in rows}
