"""Rows of an import, set-wise: into the database, held against what is known, counted, marked.

What the register or the dossiers already know comes as a ``Relation`` from their rooms. Everything runs inside the caller's transaction.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from backend.exchange.blocks import FACT_LINE, LINE, Bad
from backend.registry.rules import UNSAID
from backend.storage.engine import connection
from backend.storage.relation import Relation

VERDICTS: Final = ("new", "changed", "same", "bad")
_COMPARED: Final = ("code_kind", "override_reason", "name", "region", "industry")
_VALUES: Final = LINE[1:]
_DIFFERS: Final = " or ".join(
    [*(f"s.{c} is distinct from e.{c}" for c in _COMPARED), *(f"(s.{c} is not null and s.{c} is distinct from e.{c})" for c in UNSAID)]
)
_CHANGES: Final = "jsonb_strip_nulls(jsonb_build_object({}))".format(
    ", ".join(
        f"'{c}', case when {'true' if c in _COMPARED else f's.{c} is not null'} and s.{c} is distinct from e.{c}"
        f" then jsonb_build_array(coalesce(e.{c}::text, ''), coalesce(s.{c}::text, '')) end"
        for c in (*_COMPARED, *UNSAID)
    )
)
_ELSEWHERE: Final = json.dumps(
    {
        "field": "code",
        "reason": "region-not-yours",
        "zh": "该检查对象登记在其他辖区，请由其辖区办理迁移",
        "en": "This enterprise belongs to another region, which must move it",
        "overridable": False,
    },
    ensure_ascii=False,
)
# What a row refused by its neighbours alone was read as; only its mapped cells are left.
_FIELDS: Final = ", ".join(f"'{c}', s.{c}" for c in ("code", "name", "region", "industry", *UNSAID))


async def _copy_in(columns: Iterable[str], lines: bytes) -> None:
    sql = connection()
    await sql.execute(f"create temp table stretch on commit drop as select {', '.join(columns)} from import_row with no data")
    await sql.copy_to_table("stretch", source=io.BytesIO(lines), format="text")
    # The planner knows nothing of what was just copied, and would read all that is known for each stretch.
    await sql.execute("set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off")


async def _counted(sql: str, *args: object) -> dict[str, int]:
    rows = await connection().fetch(f"with put as ({sql} returning verdict) select verdict, count(*) as n from put group by verdict", *args)
    return {row["verdict"]: row["n"] for row in rows}


async def hurry() -> None:
    """The open transaction may be lost if the machine fails within the next moment; the place in the file would be lost with its rows."""
    await connection().execute("set local synchronous_commit = off")


async def _are_all_new(lines: bytes, known: Relation) -> bool:
    codes = [line.split(b"\t", 2)[1].decode() for line in lines.rstrip(b"\n").split(b"\n")]
    await connection().execute("set local enable_hashjoin = off; set local enable_mergejoin = off")
    return not await connection().fetchval(f"select exists (select from unnest($1::text[]) c(code) join ({known.sql}) e on e.code = c.code)", codes)


async def add_register_rows(batch: UUID, lines: bytes, known: Relation, region: str, *, may_be_new: bool = True) -> dict[str, int]:
    """Stage good rows (COPY text of ``blocks.LINE``) with the verdict that the register gives them. Returns how many of each verdict.

    ``may_be_new``: it is worth while to see first whether the register knows none of them, for then there is nothing to compare.
    """
    if not lines:
        return {}
    if may_be_new and await _are_all_new(lines, known):
        head = f"{batch}\tnew\t".encode()
        source = io.BytesIO(head + lines.rstrip(b"\n").replace(b"\n", b"\n" + head) + b"\n")
        await connection().copy_to_table("import_row", source=source, columns=("batch", "verdict", *LINE), format="text")
        return {"new": lines.count(b"\n")}
    await _copy_in(LINE, lines)
    refused = "v.verdict = 'bad'"
    return await _counted(
        f"insert into import_row (batch, row_no, verdict, {', '.join(_VALUES)}, changes, raw, errors)"
        f" select $1, s.row_no, v.verdict, {', '.join(f's.{c}' for c in _VALUES)}, case when v.verdict = 'changed' then {_CHANGES} end,"
        f" case when {refused} then jsonb_build_object('fields', jsonb_strip_nulls(jsonb_build_object({_FIELDS}))) end,"
        f" case when {refused} then jsonb_build_array($3::jsonb || jsonb_build_object('value', s.code)) end"
        f" from stretch s left join ({known.sql}) e on e.code = s.code cross join lateral (select case when e.code is null then 'new'"
        f" when not starts_with(e.region, $2) then 'bad' when {_DIFFERS} then 'changed' else 'same' end as verdict) v",
        batch,
        region,
        _ELSEWHERE,
    )


async def add_fact_rows(batch: UUID, lines: bytes, known: Relation, told: Relation, region: str) -> dict[str, int]:
    """Stage good rows of a fact file (``blocks.FACT_LINE``): ``known`` are the enterprises, ``told`` the facts that are told already."""
    if not lines:
        return {}
    await _copy_in(FACT_LINE, lines)

    def error(field: str, reason: str, zh: str, en: str) -> str:
        said = json.dumps({"field": field, "reason": reason, "zh": zh, "en": en, "overridable": False}, ensure_ascii=False)
        return f"'{said}'::jsonb"

    unknown = error("code", "unknown", "名录库中没有此代码的检查对象，请先导入名录", "No enterprise of the register has this code: import the register first")
    elsewhere = error("code", "region-not-yours", "该检查对象登记在其他辖区", "This enterprise belongs to another region")
    older = error("as_of", "older", "此条比已有的记载更旧，未采用", "This is older than what is already told, and was not taken")
    differs = (
        "(select jsonb_object_agg(d.key, jsonb_build_array(coalesce(f.before->>d.key, ''), coalesce(d.value, ''))) from jsonb_each_text(s.draft) d"
        " where d.key <> 'as_of' and d.value is distinct from f.before->>d.key)"
    )
    return await _counted(
        "insert into import_row (batch, row_no, verdict, code, draft, changes, raw, errors)"
        " select $1, s.row_no, v.verdict, s.code, s.draft, case when v.verdict = 'changed' then c.changes end,"
        " case when v.verdict = 'bad' then jsonb_build_object('fields', jsonb_strip_nulls(s.draft || jsonb_build_object('code', s.code))) end,"
        f" case when v.verdict = 'bad' then jsonb_build_array(case when e.code is null then {unknown} when not starts_with(e.region, $2) then {elsewhere}"
        f" else {older} end || jsonb_build_object('value', s.code)) end"
        f" from stretch s left join ({known.sql}) e on e.code = s.code"
        f" left join ({told.sql}) f on f.enterprise = e.enterprise and f.document_no = s.draft->>'document_no'"
        f" cross join lateral (select case when f.before is not null then {differs} end as changes) c"
        " cross join lateral (select case when e.code is null or not starts_with(e.region, $2) then 'bad' when f.before is null then 'new'"
        " when c.changes is null then 'same' when (s.draft->>'as_of')::date < f.as_of then 'bad' else 'changed' end as verdict) v",
        batch,
        region,
    )


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


async def add_bad_rows(batch: UUID, rows: Iterable[Bad]) -> int:
    records = [(batch, row.row_no, "bad", _text(row.raw), _text(row.errors)) for row in rows]
    if records:
        await connection().copy_records_to_table("import_row", records=records, columns=["batch", "row_no", "verdict", "raw", "errors"])
    return len(records)


async def refuse_doubles(batch: UUID, of: str = "") -> int:
    """Refuse every row whose code (with ``of``: and whose draft's field ``of``) an earlier row of the file claims. Returns how many."""
    sql = connection()
    key = f"code || '\n' || (draft->>'{of}')" if of else "code"
    doubles = f"select {key} as key from import_row where batch = $1 and verdict <> 'bad' group by 1 having count(*) > 1"
    # A million keys: sorted in memory, or three times as long on the disk.
    await sql.execute("set local work_mem = '128MB'")
    await sql.execute("create temp table doubled (key text) on commit drop")
    await sql.execute(f"insert into doubled {doubles}", batch)
    if not await sql.fetchval("select exists (select from doubled)"):
        return 0
    fields = f"'fields', jsonb_strip_nulls(coalesce(s.draft, '{{}}') || jsonb_build_object({_FIELDS}))"
    done = await sql.execute(
        "update import_row r set verdict = 'bad', changes = null, raw = d.raw, errors = jsonb_build_array(jsonb_build_object('field', 'code', 'value', r.code,"
        " 'reason', 'duplicate', 'zh', format($2, d.first), 'en', format($3, d.first), 'overridable', false))"
        f" from (select s.row_no, s.verdict, min(s.row_no) over (partition by {key}) as first, jsonb_build_object({fields}) as raw"
        f" from import_row s join doubled k on k.key = {key} where s.batch = $1 and s.verdict <> 'bad') d"
        " where r.batch = $1 and r.verdict = d.verdict and r.row_no = d.row_no and d.first < d.row_no",
        batch,
        "与第 %s 行重复" if of else "与第 %s 行代码重复",
        "The same decision as in row %s" if of else "The same code as in row %s",
    )
    return int(done.rpartition(" ")[2])


async def replace_row(batch: UUID, row_no: int, line: str, by: UUID) -> None:
    """Take a refused row after all: ``line`` is the COPY text of its values without the number. Held against the register by ``recompare``."""
    values = [None if cell == "\\N" else cell.replace("\\\\", "\\") for cell in line.split("\t")]
    sets = ", ".join(f"{c} = ${n}::text{'::date' if c == 'established_on' else ''}" for n, c in enumerate(_VALUES, 4))
    await connection().execute(
        f"update import_row set verdict = 'new', {sets}, errors = null, raw = null, overridden_by = $3 where batch = $1 and row_no = $2 and verdict = 'bad'",
        batch,
        row_no,
        by,
        *values,
    )


async def recompare(batch: UUID, rows: Iterable[int], known: Relation, region: str) -> None:
    """Give rows just taken the verdict that the register, and the rows before them, give."""
    await connection().execute(
        f"update import_row r set verdict = case when not starts_with(e.region, $3) then 'bad' when {_DIFFERS} then 'changed' else 'same' end,"
        f" changes = case when {_DIFFERS} then {_CHANGES} end from import_row s join ({known.sql}) e on e.code = s.code"
        " where s.batch = $1 and s.row_no = any($2) and r.batch = s.batch and r.row_no = s.row_no and r.verdict <> 'bad' and s.verdict <> 'bad'",
        batch,
        list(rows),
        region,
    )


async def count_verdicts(batch: UUID) -> Mapping[str, int]:
    rows = await connection().fetch("select verdict, count(*) as n from import_row where batch = $1 group by verdict", batch)
    return {**dict.fromkeys(VERDICTS, 0), **{row["verdict"]: row["n"] for row in rows}}


async def forget_rows(batch: UUID) -> None:
    """Read the file anew: its columns have changed their meaning."""
    await connection().execute("delete from import_row where batch = $1", batch)


# What is taken in, part by part; $1 is the batch, $2 and $3 the row numbers between which the part lies.
_PART: Final = "batch = $1 and verdict in ('new', 'changed') and row_no > $2 and row_no <= $3"


async def list_parts(batch: UUID, size: int) -> list[tuple[int, int]]:
    """Row numbers (after, up to) that cut what is to be taken in into parts of about ``size`` rows."""
    rows = await connection().fetch(
        "select row_no from (select row_no, row_number() over (order by row_no) as n from import_row where batch = $1 and verdict in ('new', 'changed')) r"
        " where n % $2 = 0 order by row_no",
        batch,
        size,
    )
    cuts = [0, *(row["row_no"] for row in rows), 2**31 - 1]
    return list(itertools.pairwise(cuts))


def part(batch: UUID, after: int, to: int, *, is_known: bool | None = None) -> Relation:
    """Rows to take in; ``is_known``: only those whose enterprise or fact was there before, or was not."""
    known = "" if is_known is None else f" and before is {'not ' if is_known else ''}null"
    return Relation(f"select row_no, {', '.join(_VALUES)}, draft, before from import_row where {_PART}{known}", (batch, after, to))


async def note_before(batch: UUID, after: int, to: int, known: Relation, region: str) -> tuple[int, int]:
    """Keep beside each row of a part what the register holds under its code now, if it does; so that it can be put back.

    Returns how many rows have such a thing, and how many of those lie outside ``region``.
    """
    columns = ", ".join(f"'{c}', e.{c}" for c in ("version", "code_kind", "override_reason", "name", "name_key", "region", "industry", *UNSAID))
    rows = await connection().fetch(
        # From the rows to the register, whatever the planner thinks of either: both are being written.
        f"update import_row r set before = x.before from (select p.ctid as place, e.before, e.region from import_row p cross join lateral"
        f" (select jsonb_build_object({columns}) as before, e.region from ({known.sql}) e where e.code = p.code limit 1) e"
        " where p.batch = $1 and p.verdict in ('new', 'changed') and p.row_no > $2 and p.row_no <= $3) x where r.ctid = x.place"
        " returning starts_with(x.region, $4) as is_ours",
        batch,
        after,
        to,
        region,
    )
    return len(rows), sum(not row["is_ours"] for row in rows)


def fact_part(batch: UUID, known: Relation) -> Relation:
    """All rows of a fact file to take in, with their enterprises: enterprise, document_no, draft, before."""
    return Relation(
        f"select e.enterprise, r.draft->>'document_no' as document_no, r.draft, r.before from import_row r join ({known.sql}) e on e.code = r.code"
        " where r.batch = $1 and r.verdict in ('new', 'changed')",
        (batch,),
    )


async def note_facts_before(batch: UUID, known: Relation, told: Relation) -> None:
    await connection().execute(
        f"update import_row r set before = f.before from ({known.sql}) e join ({told.sql}) f on f.enterprise = e.enterprise"
        " where e.code = r.code and f.document_no = r.draft->>'document_no' and r.batch = $1 and r.verdict in ('new', 'changed')",
        batch,
    )


async def note_undone(batch: UUID, codes: Relation, undo: str, *, were_new: bool) -> int:
    """Mark applied rows whose code is among ``codes``. Returns how many were marked."""
    done = await connection().execute(
        f"update import_row r set undo = $2 from ({codes.sql}) c where c.code = r.code and r.batch = $1 and r.verdict in ('new', 'changed')"
        f" and r.undo is null and r.before is {'' if were_new else 'not '}null",
        batch,
        undo,
    )
    return int(done.rpartition(" ")[2])


async def note_facts_undone(batch: UUID, known: Relation, undone: Relation) -> tuple[int, int]:
    """Mark rows whose facts are undone. Returns how many facts were removed, and how many put back."""
    rows = await connection().fetch(
        f"update import_row r set undo = 'done' from ({known.sql}) e join ({undone.sql}) u on u.enterprise = e.enterprise"
        " where e.code = r.code and u.document_no = r.draft->>'document_no' and r.batch = $1 and r.verdict in ('new', 'changed')"
        " returning r.before is null as was_new",
        batch,
    )
    removed = sum(row["was_new"] for row in rows)
    return removed, len(rows) - removed


async def note_kept(batch: UUID) -> int:
    """Whatever is left has been changed since. Returns how many rows could not be undone in all."""
    await connection().execute(
        "update import_row set undo = 'changed' where batch = $1 and verdict in ('new', 'changed') and undo is null", batch
    )
    return int(await connection().fetchval("select count(*) from import_row where batch = $1 and undo in ('changed', 'referred')", batch))


async def list_overrides(batch: UUID) -> list[dict[str, Any]]:
    rows = await connection().fetch(
        "select code, override_reason as reason, overridden_by::text as by from import_row where batch = $1 and verdict in ('new', 'changed')"
        " and overridden_by is not null order by row_no",
        batch,
    )
    return [dict(row) for row in rows]
