from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, Boolean, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class ImportBatch(Table, tablename="import_batch"):
    """导入批次 One uploaded file and how far it has come. Rows before `at_byte` are judged; a restarted worker goes on there."""

    id = UUID(primary_key=True, default=UUID4())
    kind = Varchar(length=12, default="register")  # register | penalties | permits
    account = UUID(default=None)  # who uploaded it
    department = Varchar(length=20, null=True, default=None)  # of the uploader
    applied_by = UUID(null=True, default=None)
    filename = Varchar(length=255)
    file_sha256 = Varchar(length=64)
    bytes = BigInt()
    region = Varchar(length=12)
    state = Varchar(length=12)  # reading | mapping | previewed | applying | applied | undoing | undone | failed | cancelled
    columns = JSONB()  # [{"header", "field"}]
    headers_sha256 = Varchar(length=64, null=True, default=None)
    sample = JSONB()  # the first rows below the header, as read
    is_mapped = Boolean(default=False)  # a person has said what the columns are
    header_row = Integer(default=0)
    source = JSONB(null=True, default=None)  # how the file is read, once that is known
    at_byte = BigInt(default=0)
    at_row = Integer(default=0)
    rate = Integer(default=0)  # rows a second of late
    total = Integer(default=0)
    done = Integer(default=0)
    new = Integer(default=0)
    changed = Integer(default=0)
    same = Integer(default=0)
    bad = Integer(default=0)
    skipped = Integer(default=0)
    applied_rows = Integer(default=0)
    error = Text(null=True, default=None)
    created_at = Timestamptz()
    applied_at = Timestamptz(null=True, default=None)
    undo = JSONB(null=True, default=None)  # {"removed", "restored", "kept"}
    undone_at = Timestamptz(null=True, default=None)
    undone_by = UUID(null=True, default=None)


class ImportRow(Table, tablename="import_row"):
    """导入行 One row of a file, as judged: its values (null: unsaid) or, refused, its cells and errors; once applied, what stood there before."""

    # Neither a number of its own nor a foreign key: for a million rows each takes longer than the rows. (batch, row_no) is unique.
    batch = UUID(default=None)
    row_no = Integer(primary_key=True, default=None)
    verdict = Varchar(length=8)  # new | changed | same | bad
    code = Varchar(length=40, null=True, default=None)
    code_kind = Varchar(length=10, null=True, default=None)
    override_reason = Text(null=True, default=None)
    name = Varchar(length=200, null=True, default=None)
    name_key = Varchar(length=400, null=True, default=None)
    region = Varchar(length=12, null=True, default=None)
    industry = Varchar(length=10, null=True, default=None)
    kind = Varchar(length=30, null=True, default=None)
    status = Varchar(length=20, null=True, default=None)
    address = Varchar(length=300, null=True, default=None)
    legal_rep = Varchar(length=80, null=True, default=None)
    phone = Varchar(length=40, null=True, default=None)
    established_on = Date(null=True, default=None)
    credit_class = Varchar(length=1, null=True, default=None)
    draft = JSONB(null=True, default=None)  # a fact's values
    changes = JSONB(null=True, default=None)  # field -> [old, new]
    raw = JSONB(null=True, default=None)  # type: ignore[assignment]  # hides Table.raw: queries go through ImportBatch
    errors = JSONB(null=True, default=None)
    overridden_by = UUID(null=True, default=None)
    before = JSONB(null=True, default=None)
    undo = Varchar(length=10, null=True, default=None)  # done | referred | changed


class ImportMapping(Table, tablename="import_mapping"):
    """列对应 What a department's people have said the columns of files with these headers are; the next such file is read so."""

    id = UUID(primary_key=True, default=UUID4())
    department = Varchar(length=20)
    layout = Varchar(length=12)
    headers_sha256 = Varchar(length=64)
    columns = JSONB()  # [{"header", "field"}]
    mapped_by = UUID(default=None)
    mapped_at = Timestamptz()


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
