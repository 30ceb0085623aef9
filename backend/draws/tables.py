from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigSerial, Boolean, Bytea, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Draw(Table, tablename="draw"):
    """抽取 One public draw by sdr/1. What was announced never changes; a voided draw stays with its reason."""

    id = UUID(primary_key=True, default=UUID4())
    draw_id = Varchar(length=40, unique=True)
    campaign = UUID(unique=False, default=None, index=True)
    title = Varchar(length=200)
    region = Varchar(length=12)
    state = Varchar(length=12)  # announced | drawn | revealed | voided
    uses_classes = Boolean(default=False)
    announcement = JSONB()
    announcement_sha256 = Varchar(length=64)
    seed = Bytea()  # c_0, sealed until reveal; c_(K-1) is derived
    salt_key = Bytea()  # one key per draw: class and recusal salts are HMACs under it
    person_key = Bytea()  # pid = HMAC(person_key, inspector id)
    randomness = JSONB(null=True, default=None)
    result = JSONB(null=True, default=None)  # {"cells", "teams", "exceptions"}
    reveal_by = Timestamptz()
    announced_at = Timestamptz()
    drawn_at = Timestamptz(null=True, default=None)
    revealed_at = Timestamptz(null=True, default=None)
    voided_at = Timestamptz(null=True, default=None)
    void_reason = Text(null=True, default=None)
    sealed_root = Varchar(length=64, null=True, default=None)
    announced_entry = UUID(default=None)
    drawn_entry = UUID(null=True, default=None)
    revealed_entry = UUID(null=True, default=None)


class FrameRow(Table, tablename="draw_frame_row"):
    """抽取名单行 One enterprise in a frozen frame, drawn from or left out with its reason. Append-only."""

    id = BigSerial(primary_key=True)
    draw = ForeignKey(references=Draw, on_delete=OnDelete.restrict)
    object_id = Varchar(length=40)
    enterprise = UUID(default=None)
    county = Varchar(length=12)
    cell = Varchar(length=60)
    st = Varchar(length=12)
    class_code = Varchar(length=4)
    cc = Varchar(length=64)


class PoolRow(Table, tablename="draw_pool_row"):
    """人员名单行 One officer in a frozen pool under a pseudonym. Append-only."""

    id = BigSerial(primary_key=True)
    draw = ForeignKey(references=Draw, on_delete=OnDelete.restrict)
    pid = Varchar(length=16)
    inspector = UUID(default=None)
    department = Varchar(length=20)
    qualifications = Array(base_column=Varchar(length=40))
    counties = Array(base_column=Varchar(length=12))
    load = Integer()


class DrawRecusal(Table, tablename="draw_recusal"):
    """回避 One pair that may not meet in this draw. The reason is never here. Append-only."""

    id = BigSerial(primary_key=True)
    draw = ForeignKey(references=Draw, on_delete=OnDelete.restrict)
    object_id = Varchar(length=40)
    pid = Varchar(length=16)
