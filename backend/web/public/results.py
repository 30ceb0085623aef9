"""Published results: the front page, the search, one result with its proof."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from backend.draws import queries as draws
from backend.items.queries import list_outcomes, list_register
from backend.kernel.errors import Invalid
from backend.ledger import keys
from backend.ledger import queries as ledger
from backend.publicity import queries
from backend.publicity.rules import STATUSES
from backend.publicity.search import search_results
from backend.publicity.search_rules import ResultFilter, read_day
from backend.responses.queries import find_public
from backend.usecases.adhoc import KINDS
from backend.web.public import made_of
from backend.web.public.places import load_counties, load_departments
from backend.web.shared import kept, limits
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.kept import SAME_FOR_ALL
from backend.web.shared.pages import page


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a browser needs to check an entry by itself; empty texts while no checkpoint covers it."""

    index: int | None
    size: int
    leaf: str
    leaf_sha256: str
    hashes: list[str]
    note: str
    vkey: str
    payload: str
    salt: str


async def load_evidence(entry_id: UUID) -> Evidence:
    receipt, proof = await ledger.find_receipt(entry_id), await ledger.find_proof(entry_id)
    assert receipt is not None
    if proof is None:
        return Evidence(None, 0, "", receipt.leaf_sha256.hex(), [], "", str(keys.log_key()), "", "")
    entry = await ledger.find_entry(proof.index)
    assert entry is not None
    return Evidence(
        proof.index,
        proof.size,
        base64.b64encode(proof.leaf).decode(),
        receipt.leaf_sha256.hex(),
        [h.hex() for h in proof.hashes],
        proof.note,
        str(keys.log_key()),
        json.dumps(entry.payload, ensure_ascii=False) if entry.payload is not None else "",
        entry.salt.hex() if entry.salt else "",
    )


@get("/", opt=SAME_FOR_ALL)
async def show_home(request: Request[Any, Any, Any]) -> Response[bytes]:
    async def make() -> Template:
        rows = await draws.list_draws()
        return page(
            "public/home.html",
            draws=rows[:4],
            states={state: sum(d.state == state for d in rows) for state in draws.STATES},
            names=draws.STATES,
            results=await search_results(ResultFilter(), limit=6),
            published=await queries.count_publications(),
            entries=await ledger.count_entries(),
            counties=await load_counties(),
        )

    return await kept.overview(request, made_of.HOME, make)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of the results, as typed."""

    q: str
    county: str
    department: str
    item: str
    outcome: str
    first: str
    last: str
    draw: str
    campaign: str

    @property
    def has_more(self) -> bool:
        """Whether anything is asked for that stands behind the fold."""
        return any((self.department, self.item, self.outcome, self.first, self.last))

    def filter(self) -> ResultFilter:
        """Raises ``Invalid``."""
        first, last = read_day(self.first, _("完成日期")), read_day(self.last, _("完成日期"))
        if first and last and last < first:
            raise Invalid(field=_("完成日期"), why_zh="结束日期早于开始日期", why_en="the period ends before it begins")
        return ResultFilter(self.q, self.county, self.department, self.item, self.outcome, self.draw, self.campaign, first, last)

    def href(self, before: str) -> str:
        """The page behind the result ``before``."""
        names = {"first": "from", "last": "to"}
        wanted = {names.get(name, name): getattr(self, name) for name in self.__dataclass_fields__}
        return "/results?" + urlencode({k: v for k, v in {**wanted, "before": before}.items() if v})


@get("/results", opt={**SAME_FOR_ALL, "limit": limits.searching("q", "county", "department", "item", "outcome", "from", "to")})
async def list_results(
    request: Request[Any, Any, Any],
    q: FromQuery[str] = "",
    county: FromQuery[str] = "",
    department: FromQuery[str] = "",
    item: FromQuery[str] = "",
    outcome: FromQuery[str] = "",
    first: Annotated[str, QueryParameter(name="from")] = "",
    last: Annotated[str, QueryParameter(name="to")] = "",
    draw: FromQuery[str] = "",
    campaign: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Template | Response[bytes]:
    asked = Asked(*(value.replace("\x00", "").strip() for value in (q, county, department, item, outcome, first, last, draw, campaign)))
    if not set(request.query_params) - {"lang"}:
        return await kept.overview(request, made_of.RESULTS, lambda: _list(asked, ""))
    return await _list(asked, before.replace("\x00", ""))


async def _list(asked: Asked, before: str) -> Template:
    error, rows = "", []
    try:
        rows = await search_results(asked.filter(), before=before)
    except Invalid as e:
        error = e.message(get_locale())
    return page(
        "public/results.html",
        status_code=422 if error else 200,
        error=error,
        rows=rows,
        asked=asked,
        next_href=asked.href(rows[-1].number) if len(rows) == queries.PAGE else None,
        counties=await load_counties(),
        departments=await load_departments(),
        items=[(i.code, pick(i, "name")) for i in await list_register()],
        outcomes=[(o.code, pick(o, "")) for o in await list_outcomes(since=date(2020, 1, 1))],
    )


@get("/results/{number:str}", opt=SAME_FOR_ALL)
async def show_result(request: Request[Any, Any, Any], number: FromPath[str], version: FromQuery[int | None] = None) -> Response[bytes]:
    """The version that stands, or an earlier one that says what became of it."""

    async def make() -> Template:
        found = await queries.find_publication(number, version)
        versions = await queries.list_versions(number)
        evidence = await load_evidence(found.entry_id)
        return page(
            "public/result.html",
            result=found,
            s=found.snapshot,
            versions=versions,
            following=next((v for v in versions if v.version == found.version + 1), None),
            statuses=STATUSES,
            kinds=KINDS,
            evidence=evidence,
            response=await find_public(number),
            counties=await load_counties(),
            lasting=evidence.index is not None,
        )

    return await kept.find(request) or await kept.build(request, f"result:{number}", make)


@get("/results/{number:str}/proof.json")
async def show_result_proof(number: FromPath[str], version: FromQuery[int | None] = None) -> dict[str, Any]:
    """The result's proof for machines: leaf (base64), index, size, hashes (hex), the signed checkpoint, payload and salt."""
    found = await queries.find_publication(number, version)
    e = await load_evidence(found.entry_id)
    return {
        "index": e.index,
        "size": e.size,
        "leaf": e.leaf,
        "hashes": e.hashes,
        "checkpoint": e.note,
        "vkey": e.vkey,
        "payload": found.snapshot,
        "salt": e.salt,
    }


HANDLERS = [show_home, list_results, show_result, show_result_proof]
