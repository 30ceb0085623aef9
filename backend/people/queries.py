"""Reads on people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.hashing import hash_key
from backend.kernel.scope import Scope
from backend.kernel.settings import settings
from backend.people import rules
from backend.people.tables import Account, Department, Device, Inspector
from backend.storage.engine import reader


@dataclass(frozen=True, slots=True)
class DepartmentView:
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class InspectorView:
    id: UUID
    account: UUID | None
    name: str
    department: str
    certificate_no: str
    certificate_expires_on: date
    qualifications: tuple[str, ...]
    counties: tuple[str, ...]
    phone: str
    is_valid: bool
    version: int


@dataclass(frozen=True, slots=True)
class AccountView:
    id: UUID
    username: str
    name: str
    role: str
    department: str | None
    region: str
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceView:
    id: UUID
    account: UUID
    name: str
    enrolled_at: datetime
    revoked_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """``device``: the phone that made it, where that is known. ``is_synced``: it may be on other phones of its owner."""

    id: UUID
    device: UUID | None
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


# An app, or a passkey: but on a phone alone a passkey only stands in for the password, and is gone with the phone.
HAS_FACTOR = (
    "(exists (select from authenticator f where f.account = a.id and f.sealed is not null)"
    f" or (a.role <> '{rules.INSPECTOR}' and exists (select from passkey p where p.account = a.id)))"
)
_WHO = (
    "select a.id, a.username, a.name, a.role, a.department, a.region, a.must_change, (select id from inspector i where i.account = a.id) as inspector_id,"
    f" {HAS_FACTOR} as has_factor"
)


def _principal(row: Mapping[str, Any] | None) -> rules.Principal | None:
    if row is None:
        return None
    fields = dict(row)
    lacks = not fields["has_factor"] and rules.must_have_factor(fields["role"], settings().second_factor)
    return rules.Principal(account_id=fields.pop("id"), lacks_factor=lacks, **fields)


async def find_principal(cookie: str) -> rules.Principal | None:
    """Whom a session cookie stands for, if it is still good."""
    key = hash_key(cookie)
    return _principal(
        await reader().fetchrow(
            f"{_WHO}, s.device, s.seen_at from account a join session s on s.account = a.id where s.key_sha256 = $1 and s.expires_at > $2 and a.active"
            " and s.seen_at > $2 - case when a.role = $3 then $4::interval else $5::interval end"
            " and not exists (select 1 from device d where d.id = s.device and d.revoked_at is not null)",
            key,
            clock.now(),
            rules.INSPECTOR,
            rules.idle_of(rules.INSPECTOR),
            rules.IDLE_OFFICE,
        )
    )


async def find_principal_of(account_id: UUID) -> rules.Principal | None:
    return _principal(await reader().fetchrow(f"{_WHO} from account a where a.id = $1 and a.active", account_id))


async def has_factor(account_id: UUID) -> bool:
    """Whether the account's password alone opens nothing."""
    return bool(await reader().fetchval(f"select {HAS_FACTOR} from account a where a.id = $1", account_id))


async def find_by_username(username: str) -> AccountView | None:
    """Not scoped: for the operator at the machine."""
    columns = [getattr(Account, name) for name in AccountView.__dataclass_fields__]
    row = await Account.select(*columns).where(Account.username == username).first()
    return AccountView(**row) if row else None


async def list_departments() -> list[DepartmentView]:
    """All there ever were, for their names; ``list_open_departments`` for those that inspect today."""
    rows = await Department.select(Department.code, Department.name_zh, Department.name_en).order_by(Department.code)
    return [DepartmentView(**row) for row in rows]


async def list_open_departments() -> list[DepartmentView]:
    """The authorities that inspect today, for a choice."""
    rows = await reader().fetch(
        "select code, name_zh, name_en from department where (valid_from is null or valid_from <= $1) and (valid_to is null or valid_to > $1) order by code",
        clock.today(),
    )
    return [DepartmentView(**row) for row in rows]


async def list_offices() -> list[tuple[str | None, str]]:
    """(department, region) of everybody who may sign in to the office, each once; None: all departments."""
    rows = await reader().fetch(
        "select distinct case when role = any($1) then null else department end as department, region from account"
        " where active and role <> $2 order by 1 nulls first, 2",
        sorted(rules.ALL_DEPARTMENTS),
        rules.INSPECTOR,
    )
    return [(row["department"], row["region"]) for row in rows]


def _inspector(row: dict[str, object]) -> InspectorView:
    fields = {k: row[k] for k in InspectorView.__dataclass_fields__}
    return InspectorView(**{**fields, "qualifications": tuple(row["qualifications"]), "counties": tuple(row["counties"])})  # type: ignore[arg-type]


async def list_inspectors(scope: Scope) -> list[InspectorView]:
    """The officers of the scope's department (or of all), by name."""
    query = Inspector.select().order_by(Inspector.department).order_by(Inspector.name)
    if scope.department is not None:
        query = query.where(Inspector.department == scope.department)
    rows = await query
    return [v for v in map(_inspector, rows) if any(c.startswith(scope.region) for c in v.counties)]


async def list_fit_inspectors(departments: list[str], on: date, *, county: str = "") -> list[InspectorView]:
    """The officers who may be drawn on a day: valid, certificate in date; with ``county`` those who serve there."""
    query = Inspector.select().where(Inspector.department.is_in(departments)).order_by(Inspector.certificate_no)
    if county:
        query = query.where(Inspector.counties.any(county))
    return [v for v in map(_inspector, await query) if rules.is_fit(v.is_valid, v.certificate_expires_on, on)]


async def find_by_certificate(certificate_no: str) -> InspectorView | None:
    """Not scoped: for whoever has a certificate before them."""
    row = await Inspector.select().where(Inspector.certificate_no == certificate_no).first()
    return _inspector(row) if row else None


async def list_inspectors_by_id(ids: list[UUID]) -> dict[UUID, InspectorView]:
    if not ids:
        return {}
    rows = await Inspector.select().where(Inspector.id.is_in(ids))
    return {v.id: v for v in map(_inspector, rows)}


async def find_account_name(account_id: UUID) -> str:
    row = await Account.select(Account.name).where(Account.id == account_id).first()
    return str(row["name"]) if row else "?"


async def find_account(account_id: UUID, scope: Scope) -> AccountView:
    """Raises ``NotFound`` outside the scope, as for an account that is not there."""
    columns = [getattr(Account, name) for name in AccountView.__dataclass_fields__]
    row = await Account.select(*columns).where(Account.id == account_id).first()
    if row is None or not scope.covers(row["department"], row["region"]):
        raise NotFound()
    return AccountView(**row)


async def list_accounts_of_role(role: str) -> list[AccountView]:
    columns = [getattr(Account, name) for name in AccountView.__dataclass_fields__]
    return [AccountView(**row) for row in await Account.select(*columns).where(Account.role == role).order_by(Account.username)]


async def find_public_key(device: UUID) -> dict[str, Any] | None:
    """A device's public JWK, of a revoked one too: what it signed before stays signed."""
    row = await Device.select(Device.public_key).where(Device.id == device).output(load_json=True).first()
    return dict(row["public_key"]) if row else None


async def find_device_owner(device: UUID) -> UUID | None:
    """The account that enrolled a device."""
    row = await Device.select(Device.account).where(Device.id == device).first()
    return UUID(str(row["account"])) if row else None


async def list_equipped_since(inspectors: list[UUID]) -> dict[UUID, datetime]:
    """Officer -> when the first of their phones was enrolled that has not been revoked since; those without one are left out."""
    if not inspectors:
        return {}
    rows = await reader().fetch(
        "select i.id, min(d.enrolled_at) as since from inspector i join device d on d.account = i.account"
        " where i.id = any($1) and d.revoked_at is null group by i.id",
        inspectors,
    )
    return {row["id"]: row["since"] for row in rows}


async def list_inspectors_of_accounts(accounts: list[UUID]) -> dict[UUID, UUID]:
    """account -> the officer who signs in with it."""
    rows = await reader().fetch("select account, id from inspector where account = any($1)", accounts)
    return {row["account"]: row["id"] for row in rows}


async def list_devices(accounts: list[UUID]) -> list[DeviceView]:
    """The phones of these accounts, the latest first."""
    if not accounts:
        return []
    columns = [getattr(Device, name) for name in DeviceView.__dataclass_fields__]
    rows = await Device.select(*columns).where(Device.account.is_in(accounts)).order_by(Device.enrolled_at, ascending=False)
    return [DeviceView(**row) for row in rows]


async def find_revoked_at(device: UUID) -> datetime | None:
    """When a phone was reported lost. Not scoped: only the phone itself and the office know its id."""
    at = await reader().fetchval("select revoked_at from device where id = $1", device)
    return at if isinstance(at, datetime) else None


async def list_passkeys(account: UUID) -> list[PasskeyView]:
    """The latest first."""
    rows = await reader().fetch(
        "select id, device, name, is_synced, created_at, last_used_at from passkey where account = $1 order by created_at desc", account
    )
    return [PasskeyView(**row) for row in rows]
