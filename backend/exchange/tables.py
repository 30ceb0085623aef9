from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
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
