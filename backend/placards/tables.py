from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Bytea, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class Batch(Table, tablename="placard_batch"):
    """制发批次 Codes that a department issued at one time in one size, and for whom they were asked. Never changed."""

    id = UUID(primary_key=True, default=None)
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    region = Varchar(length=12)  # scope prefix of who issued them
    year = SmallInt()
    serial = Integer()
    format = Varchar(length=10)
    asked = JSONB()  # the filter, or how many codes were listed; whether earlier ones were replaced
    asked_sha256 = Varchar(length=64)  # of the whole order, so that the same form sent twice is the same batch
    n = Integer()
    skipped = Integer()
    inactive = Integer()
    replaced = Integer()
    authority_zh = Varchar(length=120)  # as printed
    authority_en = Varchar(length=160)
    issued_by = UUID(default=None)
    issued_at = Timestamptz()
    entry_id = UUID(default=None)


class Placard(Table, tablename="placard"):
    """企业码牌 One code for one enterprise's door, with what is printed beside it. Only its revocation changes, once."""

    id = UUID(primary_key=True, default=None)
    batch = UUID(default=None)
    position = Integer()
    enterprise = UUID(default=None)
    enterprise_code = Varchar(length=40)
    enterprise_name = Varchar(length=200)
    address = Varchar(length=300)
    county = Varchar(length=12)
    token = Varchar(length=16, unique=True)
    key_no = SmallInt(default=1)  # which of the keys in DATA_DIR/keys signed it
    kind = Varchar(length=10)  # sticker | poster
    issued_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = UUID(null=True, default=None)
    ground = Varchar(length=10)  # empty while it holds
    reason = Text()


class Sheet(Table, tablename="placard_sheet"):
    """打印文件 One PDF of a batch: some of its codes, ready for the printer. Removed when its time is over, made again when asked."""

    id = BigSerial(primary_key=True)
    batch = UUID(default=None)
    part = SmallInt()
    first = Integer()
    last = Integer()
    pdf = Bytea(null=True, default=None)
    pages = Integer()
    made_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz()
    printed = Integer()  # how often it was fetched for printing
    printed_at = Timestamptz(null=True, default=None)
