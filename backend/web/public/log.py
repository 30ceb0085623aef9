"""The ledger: for people a page with search, for machines the addresses of C2SP tlog-tiles."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from backend.kernel.errors import NotFound
from backend.ledger import keys, queries, rules
from backend.web.public.results import load_evidence
from backend.web.shared import limits
from backend.web.shared.i18n import words
from backend.web.shared.pages import page

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
LIMIT = 40


def _events() -> dict[str, str]:
    return words(rules.EVENTS)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@get("/log", opt={"limit": limits.searching("subject", "type", "day")})
async def list_entries(
    subject: FromQuery[str] = "",
    kind: Annotated[str, QueryParameter(name="type")] = "",
    day: FromQuery[str] = "",
    before: FromQuery[int] = -1,
) -> Template:
    rows = await queries.list_entries(
        subject=subject.strip() or None, type_=kind if kind in rules.EVENTS else None, day=_day(day), before=before if before >= 0 else None, limit=LIMIT
    )
    more = {"subject": subject, "type": kind, "day": day, "before": rows[-1].index if len(rows) == LIMIT else None}
    return page(
        "public/log.html",
        rows=rows,
        events=_events(),
        subject=subject,
        kind=kind,
        day=day,
        checkpoint=await queries.find_checkpoint(),
        vkey=str(keys.log_key()),
        next_href="/log?" + urlencode({k: v for k, v in more.items() if v}) if more["before"] else None,
    )


@get("/log/entries/{index:int}")
async def show_entry(index: FromPath[int]) -> Template:
    entry = await queries.find_entry(index)
    if entry is None:
        raise NotFound()
    return page(
        "public/entry.html", entry=entry, events=_events(), text=entry.leaf.decode(), evidence=await load_evidence(entry.row.entry_id)
    )


def _text(body: str | bytes, **headers: str) -> Response[bytes]:
    return Response(body.encode() if isinstance(body, str) else body, media_type="text/plain", headers=headers)


@get("/log/checkpoint")
async def show_checkpoint() -> Response[bytes]:
    checkpoint = await queries.find_checkpoint()
    if checkpoint is None:
        raise NotFound()
    return _text(checkpoint.note, **{"Cache-Control": "no-cache"})


@get("/log/vkey")
async def show_vkey() -> Response[bytes]:
    return _text(str(keys.log_key()) + "\n")


@get("/log/index/{index:int}/proof")
async def show_proof(index: FromPath[int]) -> Response[bytes]:
    proof = await queries.find_proof_at(index)
    if proof is None:
        raise NotFound()
    return _text(rules.proof_text(index, list(proof.hashes), proof.note))


@get("/log/tile/{tile:path}")
async def show_tile(tile: FromPath[str]) -> Response[bytes]:
    level, _slash, rest = str(tile).strip("/").partition("/")
    try:
        number, width = rules.parse_tile_path(rest)
        height = int(level) if level != "entries" else -1
    except ValueError as e:
        raise NotFound() from e
    data = await queries.find_entries_tile(number, width) if height < 0 else await queries.find_tile(height, number, width)
    if data is None:
        raise NotFound()
    return Response(data, media_type="application/octet-stream", headers=IMMUTABLE)


HANDLERS = [list_entries, show_entry, show_checkpoint, show_vkey, show_proof, show_tile]
