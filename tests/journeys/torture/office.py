"""The office's side of the torture, as a process of its own: many visits for one pair of officers, and the reckoning at the end.

``python -m tests.journeys.torture.office prepare N`` and ``.. check JOURNAL.json``; DATA_DIR says where.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from backend.cli.demo import checkitems
from backend.cli.demo.load import PASSWORD, REGION, VALID_FROM, load_registers
from backend.cli.demo.stage import DICE
from backend.evidence.service import path_of
from backend.inspections import rules as inspection_rules
from backend.items import service as items
from backend.kernel import clock
from backend.people import queries as people_queries
from backend.people import service as people
from backend.people.rules import INSPECTOR, MANAGER, REVIEWER
from backend.storage import engine
from backend.storage.engine import connection, transaction
from backend.usecases.announce_draw import announce_draw
from backend.usecases.create_campaign import create_campaign
from backend.usecases.run_draw import run_draw

DEPARTMENT = "cgzf"
OFFICERS = ("torture1", "torture2")
COUNTIES = ("530302", "530303", "530304", "530322", "530323", "530324", "530325", "530326", "530381", "5303K1")


async def _department() -> dict[str, Any]:
    """A small authority with one item of its own and two officers: every visit falls to both of them."""
    item = {**checkitems.check_items()[0], "code": "CG01", "department": DEPARTMENT, "qualification": None}
    who = {}
    async with transaction():
        await people.add_department(DEPARTMENT, "城管综合执法局", "Urban Management")
        await items.add_check_item(item, VALID_FROM)
        for username, role in (("torture-manager", MANAGER), ("torture-reviewer", REVIEWER), *((name, INSPECTOR) for name in OFFICERS)):
            who[username] = await people.create_account(
                username=username, password=PASSWORD, name={"torture1": "赵一鸣", "torture2": "孙立新"}.get(username, username), role=role,
                department=DEPARTMENT, region=REGION, is_demo=True,
            )  # fmt: skip
        for n, name in enumerate(OFFICERS, 1):
            await people.add_inspector(
                name={"torture1": "赵一鸣", "torture2": "孙立新"}[name], department=DEPARTMENT, certificate_no=f"滇D9555{n:04d}",
                certificate_expires_on=date(2030, 1, 1), qualifications=["law"], counties=list(COUNTIES), phone="", account=who[name],
            )  # fmt: skip
        return {name: await people_queries.find_principal_of(account) for name, account in who.items()}


async def prepare(n: int) -> None:
    """The county's registers, and ``n`` visits, planned, announced, drawn and dispatched as any others."""
    async with engine.pool(4):
        await load_registers()
        who = await _department()
        today = clock.today()
        plan = inspection_rules.Plan(
            name="极限测试抽查", items=("CG01",), department=DEPARTMENT, partners=(), counties=COUNTIES, industries=(), rate_mode="fixed",
            rates={"n": n}, officers_per_visit=2, due_on=today + timedelta(days=30),
        )  # fmt: skip
        campaign = await create_campaign(plan, by=who["torture-manager"])
        draw = await announce_draw(campaign, sources=[{**DICE, "date": today.isoformat()}], by=who["torture-manager"])
        for witness in ("torture-manager", "torture-reviewer"):
            await run_draw(draw, ["31415926535897932384"], by=who[witness])
        async with transaction():
            made = await connection().fetchval("select count(*) from inspection where campaign = $1", campaign)
    assert made == n, f"{made} visits instead of {n}"


async def check(journal: dict[str, Any]) -> list[str]:
    """Everything that is wrong between what the test saw, what the phone believes and what the office holds."""
    wrong: list[str] = []
    photos, sealed, told = journal["photos"], journal["sealed"], journal["told"]
    async with engine.pool(2), transaction():
        c = connection()
        rows = await c.fetch(
            "select s.id::text, s.inspection::text, s.record_sha256, s.record, s.entry_id::text, i.state"
            " from submission s join inspection i on i.id = s.inspection where i.department = $1",
            DEPARTMENT,
        )
        named = await c.fetch("select submission::text, sha256, role from submission_photo where submission = any($1::uuid[])", [r["id"] for r in rows])
        blobs = {r["sha256"]: r["bytes"] for r in await c.fetch("select sha256, bytes from blob where sha256 = any($1)", [r["sha256"] for r in named])}
        entries = await c.fetch(
            "select p.payload->>'submission' as submission, e.entry_id::text, l.index from ledger_entry e join ledger_payload p using (entry_id)"
            " left join ledger_leaf l using (entry_id) where e.type = 'inspection.submitted' and p.payload->>'submission' = any($1)",
            [r["id"] for r in rows],
        )
    here = {r["id"]: r for r in rows}

    def must(holds: bool, text: str) -> None:
        if not holds:
            wrong.append(text)

    # Each visit once, and nothing that nobody sealed.
    must(sorted(r["inspection"] for r in rows) == sorted(journal["inspections"]), f"records for {len(rows)} visits instead of {len(journal['inspections'])}")
    must(all(n == 1 for n in Counter(r["inspection"] for r in rows).values()), "a visit has two records")
    for s, digest in sealed.items():
        must(s in here, f"record {s} was sealed on the phone and is not here")
        must(s not in here or here[s]["record_sha256"] == digest, f"record {s} has other bytes here")
    for r in rows:
        must(hashlib.sha256(r["record"]).hexdigest() == r["record_sha256"], f"record {r['id']} does not have its hash")
        must(r["state"] == "submitted", f"visit {r['inspection']} is {r['state']}")
    # Every photo that was taken is named once, by its own record, and its file has its hash. Two visits may have taken equal
    # bytes: the browser's camera is a short film.
    taken = {(s, sha256): size for s, shots in photos.items() for sha256, size in shots.items()}
    shown = Counter((n["submission"], n["sha256"]) for n in named if n["role"] == "photo")
    must(set(taken) - set(shown) == set(), f"{len(set(taken) - set(shown))} photos are lost")
    must(set(shown) - set(taken) == set(), f"{len(set(shown) - set(taken))} photos that the test did not see taken")
    must(all(n == 1 for n in shown.values()), "a photo is named twice")
    sizes = {sha256: size for (_, sha256), size in taken.items()}
    for sha256 in {n["sha256"] for n in named}:
        path = path_of(sha256)
        content = path.read_bytes() if path.exists() else b""
        must(hashlib.sha256(content).hexdigest() == sha256, f"file {sha256} does not have its hash ({len(content)} bytes)")
        must(blobs.get(sha256) == len(content), f"file {sha256} has another size than its row")
        must(sizes.get(sha256, len(content)) == len(content), f"photo {sha256} has another size than when it was taken")
    # The log holds each record once.
    must(Counter(e["submission"] for e in entries) == Counter(dict.fromkeys(here, 1)), "the log does not hold each record exactly once")
    place = {e["submission"]: e for e in entries}
    # The phone has a receipt for each, its chain has no gap, nothing is left over.
    records = {r["id"]: r for r in told["records"]}
    must(set(records) == set(here), "the phone and the office know different records")
    for s, r in records.items():
        receipt = r["receipt"] or {}
        must(r["state"] in ("applied", "duplicate") and receipt.get("record_sha256") == r["record_sha256"], f"record {s} has no receipt: {r['state']}")
        if s in place:
            must(receipt.get("ledger", {}).get("entry_id") == place[s]["entry_id"], f"the receipt of {s} names another entry of the log")
            must(r["ledger_index"] == place[s]["index"], f"the receipt of {s} says {r['ledger_index']}, the log {place[s]['index']}")
    prev = None
    for n, r in enumerate(sorted(records.values(), key=lambda r: r["seq"]), 1):
        must((r["seq"], r["prev"]) == (n, prev), f"the chain of the phone's records breaks at {r['seq']}")
        prev = r["record_sha256"]
    states = Counter(state for _, state in told["blobs"])
    must(set(states) <= {"confirmed", "staged", "stored"} and states["confirmed"] == len({n["sha256"] for n in named}), f"files on the phone: {dict(states)}")
    must(told["drafts"] == [], "there are drafts left")
    return wrong


def main() -> int:
    if sys.argv[1] == "prepare":
        asyncio.run(prepare(int(sys.argv[2])))
        return 0
    wrong = asyncio.run(check(json.loads(Path(sys.argv[2]).read_text())))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
