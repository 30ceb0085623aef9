from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class ImportBatch(Table, tablename="import_batch"):
    """导入批次 One uploaded register file and how far it has come."""

    id = UUID(primary_key=True, default=UUID4())
    account = UUID(default=None)
    filename = Varchar(length=255)
    file_sha256 = Varchar(length=64)
    bytes = Integer()
    region = Varchar(length=12)
    state = Varchar(length=12)  # reading | previewed | applying | applied | failed | cancelled
    columns = JSONB()  # [{"header", "field"}]
    header_row = Integer(default=0)
    total = Integer(default=0)
    done = Integer(default=0)
    new = Integer(default=0)
    changed = Integer(default=0)
    same = Integer(default=0)
    bad = Integer(default=0)
    error = Text(null=True, default=None)
    created_at = Timestamptz()
    applied_at = Timestamptz(null=True, default=None)


class ImportRow(Table, tablename="import_row"):
    """导入行 One row of the file, as read and as judged."""

    id = BigSerial(primary_key=True)
    batch = ForeignKey(references=ImportBatch, on_delete=OnDelete.cascade)
    row_no = Integer()
    verdict = Varchar(length=8)  # new | changed | same | bad
    raw = JSONB()  # type: ignore[assignment]  # hides Table.raw: queries go through ImportBatch
    draft = JSONB(null=True, default=None)
    errors = JSONB(null=True, default=None)


class UnsentImport(Table, tablename="unsent_import"):
    """手机备份 One backup of a phone's unsent work, brought in by the office, and how far it has come."""

    id = UUID(primary_key=True, default=UUID4())
    file_sha256 = Varchar(length=64)
    bytes = BigInt()
    filename = Varchar(length=200)
    account = UUID(default=None)  # who brought it
    department = Varchar(length=20, null=True, default=None)
    region = Varchar(length=12)
    officer = Varchar(length=80)  # as the file says; the records' own signatures decide
    exported_at = Timestamptz(null=True, default=None)
    state = Varchar(length=10)  # waiting | done | failed
    drafts = JSONB()  # [{"enterprise", "changed_at_ms", "photos"}]: listed, never taken in
    why_zh = Text(default="")
    why_en = Text(default="")
    created_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)


class UnsentRecord(Table, tablename="unsent_record"):
    """备份中的记录 One signed record of a backup and what became of it."""

    id = BigSerial(primary_key=True)
    batch = ForeignKey(references=UnsentImport, on_delete=OnDelete.restrict)
    position = Integer()
    submission = UUID(default=None)
    enterprise = Varchar(length=200)  # as the file says
    sealed_at = Timestamptz(null=True, default=None)
    outcome = Varchar(length=10)  # waiting | accepted | duplicate | refused
    why_zh = Text(default="")
    why_en = Text(default="")
    entry_id = UUID(null=True, default=None)
    at = Timestamptz(null=True, default=None)
