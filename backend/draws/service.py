"""Verbs on a draw, in life-cycle order: announce, perform, reveal, void. A draw is never deleted."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.draws import frame as frames
from backend.draws import rules
from backend.draws.queries import DrawView, find_draw, list_pool_rows, list_recusal_pairs
from backend.draws.randomness import Reading
from backend.draws.shares import Keeper, split
from backend.kernel import clock, merkle
from backend.kernel.errors import Conflict, DomainError, Invalid
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.storage.engine import connection
from backend.storage.relation import Relation


class NotYet(DomainError):
    code = "draw-not-yet"
    status = 409
    zh = "该抽取目前处于“{state}”状态，不能进行此操作"
    en = "The draw is in the state “{state}”: this cannot be done now"


class NothingToDraw(DomainError):
    code = "nothing-to-draw"
    status = 422
    zh = "名单中没有可抽取的检查对象"
    en = "No enterprise in the frame can be drawn"


class DoNotAgree(DomainError):
    code = "witnesses-differ"
    status = 409
    zh = "两人录入的“{sources}”不一致，请各自对照公布的结果重新录入"
    en = "The two people typed different values for {sources}: each please type it again from what was published"


@dataclass(frozen=True, slots=True)
class Officer:
    """One officer for the pool."""

    inspector: UUID
    department: str
    qualifications: tuple[str, ...]
    counties: tuple[str, ...]
    load: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """A drawn object's place in the sealed list: Merkle leaves ascending by id."""

    object_id: str
    enterprise: UUID
    county: str
    team: tuple[UUID | None, ...]
    salt: bytes
    leaf: bytes
    index: int


async def take_turn() -> None:
    """First of all in a transaction that announces: one draw at a time gets a number.

    Locking a table takes no snapshot, so that a repeatable-read transaction sees everything up to the moment when its turn has come.
    """
    await connection().execute("lock table draw in share row exclusive mode")


async def announce(
    *,
    campaign: UUID,
    title: str,
    region: str,
    frame: Relation,
    excluded: Mapping[UUID, str],
    pool: Sequence[Officer],
    recusals: Sequence[tuple[UUID, UUID]],
    rates: Mapping[str, tuple[int, int]] | int,
    slots: Sequence[tuple[str | None, str | None]],
    sources: Sequence[Mapping[str, str]],
    reveal_by: datetime,
    uses_classes: bool,
    by: UUID,
    keepers: Sequence[Keeper] = (),
    seed: bytes | None = None,
) -> str:
    """T0: freeze frame and pool, seal the secret, announce. Returns the draw id.

    For ``frame`` and ``excluded`` see ``frames.freeze``. ``rates`` per class, or a fixed number of the whole frame; ``recusals`` are
    (enterprise, inspector); ``keepers`` each get a sealed share of the secret. The transaction is repeatable-read and took its turn.
    Raises ``NothingToDraw`` for an empty frame, ``Invalid`` for missing sources or rates, or a number above the frame's.
    """
    if not sources:
        raise Invalid(field="sources", why_zh="至少公告一个随机数来源", why_en="announce at least one source of randomness")
    now = clock.now()
    year = now.astimezone(clock.BEIJING).year
    count = await connection().fetchval("select count(*) from draw where draw_id like $1", f"QJ-{year}-%")
    draw_uuid, draw_id = new_id(), f"QJ-{year}-{count + 1:04d}"
    seed, salt_key, person_key = seed or secrets.token_bytes(32), secrets.token_bytes(32), secrets.token_bytes(32)
    frozen = await frames.freeze(draw_uuid, frame, excluded, salt_key=salt_key, by_class=uses_classes)
    exact = _rates(rates, frozen.strata)
    pids = {o.inspector: rules.pseudonym(person_key, str(o.inspector)) for o in pool}
    officers = sorted(
        (rules.PoolRow(pids[o.inspector], o.department, tuple(sorted(o.qualifications)), tuple(sorted(o.counties)), o.load) for o in pool),
        key=lambda r: r.pid,
    )
    inspector_of = {pid: inspector for inspector, pid in pids.items()}
    code_of = await frames.list_codes(draw_uuid, [e for e, _ in recusals])
    pairs = sorted((code_of[e], pids[i]) for e, i in recusals if e in code_of and i in pids)
    announcement = {
        "spec": rules.SPEC,
        "draw_id": draw_id,
        "frame_root": frozen.root,
        "n_frame": frozen.n,
        "rates": {c: list(rate) for c, rate in sorted(exact.items())},
        "pool_root": rules.pool_root([r.public() for r in officers]),
        "recusal_root": rules.recusal_root(rules.recusal_leaf(rules.salt(salt_key, "recusal", i, p), i, p) for i, p in pairs),
        "slots": [{"dept": d, "qual": q} for d, q in slots],
        "anchor": rules.anchor_of(seed).hex(),
        "sources": [dict(s) for s in sources],
        "reveal_by": clock.rfc3339(reveal_by),
    }
    digest = rules.announcement_hash(announcement)
    entry = await ledger.record("draw.announced", actor=by, subject=draw_id, payload=announcement, public=True)
    await connection().execute(
        "insert into draw (id, draw_id, campaign, title, region, state, uses_classes, announcement, announcement_sha256, seed, salt_key,"
        " person_key, reveal_by, announced_at, announced_entry, shares, strata)"
        " values ($1, $2, $3, $4, $5, 'announced', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        draw_uuid,
        draw_id,
        campaign,
        title,
        region,
        uses_classes,
        json.dumps(announcement, ensure_ascii=False),
        digest,
        seed,
        salt_key,
        person_key,
        reveal_by,
        now,
        entry,
        json.dumps(split(rules.secret_of(seed), draw_id, keepers)) if keepers else None,
        json.dumps([[s.class_code, s.cell, s.size] for s in frozen.strata], ensure_ascii=False),
    )
    await connection().copy_records_to_table(
        "draw_pool_row",
        columns=["draw", "pid", "inspector", "department", "qualifications", "counties", "load"],
        records=[(draw_uuid, r.pid, inspector_of[r.pid], r.dept, list(r.quals), list(r.counties), r.load) for r in officers],
    )
    await connection().copy_records_to_table("draw_recusal", columns=["draw", "object_id", "pid"], records=[(draw_uuid, i, p) for i, p in pairs])
    return draw_id


def _rates(wanted: Mapping[str, tuple[int, int]] | int, strata: Sequence[frames.Stratum]) -> dict[str, tuple[int, int]]:
    """The exact fraction of each class that is in the frame."""
    total = sum(s.size for s in strata)
    if not total:
        raise NothingToDraw()
    if isinstance(wanted, int):
        if wanted > total:
            raise Invalid(field="rates", why_zh=f"可抽取 {total} 户，少于 {wanted} 户", why_en=f"only {total} can be drawn, fewer than {wanted}")
        return {rules.NO_CLASS: (wanted, total)}
    if missing := {s.class_code for s in strata} - set(wanted):
        raise Invalid(field="rates", why_zh=f"缺少 {'、'.join(sorted(missing))} 类的比例", why_en=f"no rate for class {', '.join(sorted(missing))}")
    return dict(wanted)


async def witness_randomness(draw: DrawView, reading: Reading, *, by: UUID) -> int:
    """Keep what one person typed until enough people typed the same. Returns how many did. The same person again replaces their own.

    Raises ``DoNotAgree`` naming the sources where two people differ, without telling either what the other typed.
    """
    before = await connection().fetchval("select typed from draw_witnessing where draw = $1 and account = $2", draw.id, by)
    await connection().execute(
        "insert into draw_witnessing (draw, account, typed, typed_at) values ($1, $2, $3, $4)"
        " on conflict (draw, account) do update set typed = excluded.typed, typed_at = excluded.typed_at",
        draw.id,
        by,
        json.dumps(reading.values),
        clock.now(),
    )
    others = await connection().fetch("select account, typed from draw_witnessing where draw = $1", draw.id)
    typed = [json.loads(row["typed"]) for row in others]
    sources = draw.announcement["sources"]
    if differing := [str(s["name"]) for n, s in enumerate(sources) if any(values[n] != reading.values[n] for values in typed)]:
        raise DoNotAgree(sources="、".join(differing))
    if before is None or json.loads(before) != list(reading.values):
        await ledger.record("draw.witnessed", actor=by, subject=draw.draw_id, payload={"draw_id": draw.draw_id, "values": list(reading.values)})
    return len(typed)


async def perform(draw_id: str, randomness: rules.Randomness, *, by: UUID, beacons: Mapping[str, str] | None = None) -> tuple[DrawView, list[Sealed], bool]:
    """T1: draw and seal. Returns the draw, its sealed list, and whether this call did it.

    The same randomness again gives the same outcome (False); other randomness raises ``Conflict``.
    """
    draw = await find_draw(draw_id, lock=True)
    if draw.state in ("drawn", "revealed"):
        if draw.randomness != list(randomness):
            raise Conflict()
        return draw, await list_sealed(draw), False
    if draw.state != "announced":
        raise NotYet(state=draw.state)
    pool = await list_pool_rows(draw.id)
    prk = rules.pseudorandom_key(rules.secret_of(draw.seed), randomness, draw.announcement_sha256)
    rates = {c: (p, q) for c, (p, q) in draw.announcement["rates"].items()}
    cells = await frames.select(draw.id, prk, rates, [frames.Stratum(*s) for s in draw.strata])
    drawn = [i for c in cells for i in c.drawn]
    places = await frames.list_places(draw.id, drawn)
    teams, exceptions = rules.pair(
        [(i, places[i][1]) for i in drawn], draw.announcement, [r for r, _ in pool], frozenset(await list_recusal_pairs(draw.id)), prk
    )
    result = {"cells": [c.stored() for c in cells], "teams": teams, "exceptions": [list(e) for e in exceptions]}
    sealed = _seal(draw, teams, places, {r.pid: i for r, i in pool})
    sealed_root = merkle.root(s.leaf for s in sealed).hex()
    entry = await ledger.record(
        "draw.performed",
        actor=by,
        subject=draw_id,
        payload={
            "draw_id": draw_id,
            "announcement_sha256": draw.announcement_sha256,
            "randomness": list(randomness),
            "sealed_root": sealed_root,
            "n_drawn": len(sealed),
            "n_exceptions": len(exceptions),
            "beacons": dict(beacons or {}),
        },
        public=True,
    )
    await connection().execute(
        "update draw set state = 'drawn', randomness = $2, result = $3, drawn_at = $4, sealed_root = $5, drawn_entry = $6, beacons = $7"
        " where id = $1",
        draw.id,
        json.dumps(list(randomness), ensure_ascii=False),
        json.dumps(result, ensure_ascii=False),
        clock.now(),
        sealed_root,
        entry,
        json.dumps(dict(beacons)) if beacons else None,
    )
    return await find_draw(draw_id), sealed, True


def _seal(
    draw: DrawView, teams: Mapping[str, Sequence[str | None]], places: Mapping[str, tuple[UUID, str]], inspectors: Mapping[str, UUID]
) -> list[Sealed]:
    sealed = []
    for index, object_id in enumerate(sorted(teams, key=rules.utf8)):
        salt32 = rules.salt(draw.salt_key, "sealed", object_id)
        enterprise, county = places[object_id]
        sealed.append(
            Sealed(
                object_id,
                enterprise,
                county,
                tuple(inspectors[p] if p else None for p in teams[object_id]),
                salt32,
                rules.sealed_leaf(salt32, object_id, teams[object_id]),
                index,
            )
        )
    return sealed


async def seal_alternate(draw: DrawView, object_id: str, team: Sequence[UUID]) -> Sealed:
    """The leaf of a visit that was not in the sealed list: an alternate's. Its ``index`` says nothing."""
    row = await connection().fetchrow("select enterprise, county from draw_frame_row where draw = $1 and object_id = $2", draw.id, object_id)
    salt32 = rules.salt(draw.salt_key, "sealed", object_id)
    leaf = rules.sealed_leaf(salt32, object_id, [rules.pseudonym(draw.person_key, str(i)) for i in team])
    return Sealed(object_id, row["enterprise"], row["county"], tuple(team), salt32, leaf, -1)


async def list_pool_inspectors(draw: DrawView) -> set[UUID]:
    return {i for _, i in await list_pool_rows(draw.id)}


async def list_sealed(draw: DrawView) -> list[Sealed]:
    """The sealed list of a performed draw, made again from what is stored."""
    assert draw.result is not None
    teams = draw.result["teams"]
    return _seal(draw, teams, await frames.list_places(draw.id, list(teams)), {r.pid: i for r, i in await list_pool_rows(draw.id)})


async def reveal(draw_id: str, *, by: UUID | None, is_finished: bool) -> bool:
    """Open the secret. Raises ``NotYet`` while inspections are open and ``reveal_by`` lies ahead. Idempotent: False when it was open."""
    draw = await find_draw(draw_id, lock=True)
    if draw.state == "revealed":
        return False
    if draw.state != "drawn" or not (is_finished or clock.now() >= draw.reveal_by):
        raise NotYet(state=draw.state)
    secret = rules.secret_of(draw.seed)
    entry = await ledger.record("draw.revealed", actor=by, subject=draw_id, payload={"draw_id": draw_id, "secret": secret.hex()}, public=True)
    await connection().execute(
        "update draw set state = 'revealed', revealed_at = $2, revealed_entry = $3 where id = $1", draw.id, clock.now(), entry
    )
    return True


async def note_overdue(draw: DrawView) -> None:
    """Write into the log that a draw's date of reveal has passed in vain, once."""
    await ledger.record(
        "draw.overdue", actor=None, subject=draw.draw_id, payload={"draw_id": draw.draw_id, "reveal_by": clock.rfc3339(draw.reveal_by)}, public=True
    )
    await connection().execute("update draw set overdue_at = $2 where id = $1 and overdue_at is null", draw.id, clock.now())


async def void(draw_id: str, reason: str, *, by: UUID) -> None:
    """Give a draw up, with a reason that is published. It stays, with everything in it."""
    draw = await find_draw(draw_id, lock=True)
    if draw.state not in ("announced", "drawn"):
        raise NotYet(state=draw.state)
    if not reason.strip():
        raise Invalid(field="reason", why_zh="请填写作废理由", why_en="give a reason")
    await ledger.record("draw.voided", actor=by, subject=draw_id, payload={"draw_id": draw_id, "reason": reason.strip()}, public=True)
    await connection().execute(
        "update draw set state = 'voided', voided_at = $2, void_reason = $3 where id = $1", draw.id, clock.now(), reason.strip()
    )
