"""Reads on the register. Every one on behalf of a person takes the person's ``Scope``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.errors import NotFound
from backend.kernel.scope import Scope
from backend.placards import queries as placards
from backend.registry.codebook import Codebook, IndustryCode, RegionCode
from backend.registry.tables import Enterprise, Industry, Region
from backend.storage.engine import reader
from backend.storage.relation import Relation

PAGE = 50
_TODAY = "(valid_from is null or valid_from <= $1) and (valid_to is null or valid_to > $1)"


@dataclass(frozen=True, slots=True)
class RegionView:
    code: str
    name_zh: str
    name_en: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class IndustryView:
    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class EnterpriseView:
    """One enterprise as the office sees it; coordinates in 1e-7 degrees."""

    id: UUID
    code: str
    code_kind: str
    override_reason: str | None
    name: str
    name_key: str
    region: str
    industry: str
    kind: str
    status: str
    address: str
    legal_rep: str
    phone: str
    established_on: date | None
    credit_class: str
    lat_e7: int | None
    lon_e7: int | None
    qr_token: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of enterprises is narrowed to; empty means all."""

    text: str = ""
    county: str = ""
    industry: str = ""
    status: str = ""
    kind: str = ""
    credit_class: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How many fit; where ``is_exact`` is not set, about so many, in two digits."""

    n: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class EnterprisePage:
    """``next`` is the cursor of the page after this one, or None at the end. ``is_cut``: of all that fit, some are not in any page."""

    rows: Sequence[EnterpriseView]
    next: str | None
    count: Count
    is_cut: bool = False


async def list_regions() -> list[RegionView]:
    """All regions that hold today, by code."""
    rows = await reader().fetch(f"select code, name_zh, name_en, parent from region where {_TODAY} order by code", clock.today())
    return [RegionView(**row) for row in rows]


async def list_counties(scope: Scope) -> list[RegionView]:
    """The regions without regions below them that the scope covers."""
    regions = await list_regions()
    parents = {r.parent for r in regions}
    return [r for r in regions if r.code not in parents and r.code.startswith(scope.region)]


async def list_industries() -> list[IndustryView]:
    """The classes that hold today, by code."""
    rows = await reader().fetch(f"select code, name_zh, name_en from industry where {_TODAY} order by code", clock.today())
    return [IndustryView(**row) for row in rows]


async def load_codebook() -> Codebook:
    """The code tables as the office keeps them now, for judging rows."""
    regions, industries = await Region.select(), await Industry.select()

    def kept(kind: type, row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in kind.__dataclass_fields__}  # type: ignore[attr-defined]

    return Codebook.of((RegionCode(**kept(RegionCode, r)) for r in regions), (IndustryCode(**kept(IndustryCode, i)) for i in industries))


async def find_enterprise(enterprise_id: UUID, scope: Scope) -> EnterpriseView:
    """Raises ``NotFound`` also where the enterprise exists outside the scope: its existence is nobody else's business."""
    rows = await Enterprise.raw("select * from enterprise where id = {} and starts_with(region, {})", enterprise_id, scope.region)
    if not rows:
        raise NotFound()
    return EnterpriseView(**rows[0])


async def find_by_token(token: str) -> EnterpriseView | None:
    """Whose page an address names: by a signed code, unless it was revoked for abuse, or by the bare token of an older card.

    Not scoped: the code hangs in the shop, for everyone.
    """
    owner = await placards.find_owner(token)
    column, value = ("id", owner) if owner else ("qr_token", token)
    rows = await Enterprise.raw(f"select * from enterprise where {column} = {{}}", value)
    return EnterpriseView(**rows[0]) if rows else None


async def find_public(enterprise: UUID) -> EnterpriseView | None:
    """An enterprise for its own public page. Not scoped: the caller shows what everybody may see."""
    rows = await Enterprise.raw("select * from enterprise where id = {}", enterprise)
    return EnterpriseView(**rows[0]) if rows else None


async def list_by_codes(codes: Sequence[str]) -> dict[str, EnterpriseView]:
    """The known ones among ``codes``, by code. Not scoped: an import must see that a code is taken elsewhere."""
    rows = await Enterprise.raw("select * from enterprise where code = any({})", list(codes))
    return {row["code"]: EnterpriseView(**row) for row in rows}


def frame_source(counties: Sequence[str], industries: Sequence[str]) -> Relation:
    """Every enterprise of the counties and industries (no industry named: all of them), whatever its status.

    Columns: enterprise, code, county, industry, is_active, credit_class.
    """
    return Relation(
        "select id as enterprise, code, region as county, industry, status = 'active' as is_active, credit_class from enterprise"
        " where region = any($1) and (cardinality($2::text[]) = 0 or industry = any($2))",
        (list(counties), list(industries)),
    )


async def list_names(ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Enterprise -> (code, name)."""
    if not ids:
        return {}
    rows = await Enterprise.select(Enterprise.id, Enterprise.code, Enterprise.name).where(Enterprise.id.is_in(list(ids)))
    return {row["id"]: (row["code"], row["name"]) for row in rows}
