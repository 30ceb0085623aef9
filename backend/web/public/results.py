"""Published results: the front page, the search, one result with its proof."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.draws import queries as draws
from backend.ledger import keys
from backend.ledger import queries as ledger
from backend.publicity import queries
from backend.publicity.rules import STATUSES
from backend.usecases.adhoc import KINDS
from backend.web.public.places import load_counties
from backend.web.shared import kept, limits
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


@get("/")
async def show_home() -> Template:
    rows = await draws.list_draws()
    return page(
        "public/home.html",
        draws=rows[:4],
        states={state: sum(d.state == state for d in rows) for state in draws.STATES},
        names=draws.STATES,
        results=await queries.list_publications(limit=6),
        published=await queries.count_publications(),
        entries=await ledger.count_entries(),
        counties=await load_counties(),
    )


@get("/results", opt={"limit": limits.searching("q")})
async def list_results(q: FromQuery[str] = "", county: FromQuery[str] = "", draw: FromQuery[str] = "", before: FromQuery[str] = "") -> Template:
    rows = await queries.list_publications(text=q.strip(), county=county, draw_id=draw, before=before)
    more = {"q": q, "county": county, "draw": draw, "before": rows[-1].number if len(rows) == queries.PAGE else ""}
    return page(
        "public/results.html",
        rows=rows,
        q=q,
        county=county,
        draw=draw,
        next_href="/results?" + urlencode({k: v for k, v in more.items() if v}) if more["before"] else None,
        counties=await load_counties(),
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
