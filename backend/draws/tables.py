from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigSerial, Boolean, Bytea, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
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
    beacons = JSONB(null=True, default=None)  # place of a drand source -> its signature in hex
    shares = JSONB(null=True, default=None)  # [{"witness", "recipient", "sealed"}]: the secret, 2 of n
    strata = JSONB(default="[]")  # [[class, cell, eligible rows]] of the frozen frame
    overdue_at = Timestamptz(null=True, default=None)  # when the oversight office was told
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

    # Neither a number of its own nor a foreign key: for a million rows each takes longer than the rows. (draw, object_id) is unique.
    draw = UUID(default=None)
    object_id = Varchar(length=40, primary_key=True)
    enterprise = UUID(default=None)
    county = Varchar(length=12)
    cell = Varchar(length=60)
    st = Varchar(length=12)
    class_code = Varchar(length=4)


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


class Witnessing(Table, tablename="draw_witnessing"):
    """见证录入 What one person saw at the sources of randomness, typed without seeing the other's."""

    id = BigSerial(primary_key=True)
    draw = ForeignKey(references=Draw, on_delete=OnDelete.restrict)
    account = UUID(default=None)
    typed = JSONB()  # the values as read, one per announced source
    typed_at = Timestamptz()


class Replacement(Table, tablename="draw_replacement"):
    """替换 A drawn enterprise that could not be visited, and the alternate that took its place. It stays in the denominator."""

    id = UUID(primary_key=True, default=UUID4())
    draw = ForeignKey(references=Draw, on_delete=OnDelete.restrict)
    inspection = UUID(default=None)
    object_id = Varchar(length=40)
    reason = Varchar(length=20)
    finding = Text()  # what was found on site; stays inside the office
    evidence = Array(base_column=Varchar(length=64))
    state = Varchar(length=10)  # requested | approved | refused
    requested_by = UUID(default=None)
    requested_at = Timestamptz()
    replaced_by = Varchar(length=40, null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class ReplacementApproval(Table, tablename="draw_replacement_approval"):
    """替换审批 One of the two people who approve a replacement. Append-only."""

    id = BigSerial(primary_key=True)
    replacement = ForeignKey(references=Replacement, on_delete=OnDelete.restrict)
    account = UUID(default=None)
    approved_at = Timestamptz()


class Substitution(Table, tablename="draw_substitution"):
    """换人 An officer who had to stand back after the draw, and who took the place. Append-only."""

    id = BigSerial(primary_key=True)
    draw = ForeignKey(references=Draw, on_delete=OnDelete.restrict)
    object_id = Varchar(length=40)
    slot = SmallInt()
    pid_before = Varchar(length=16)
    pid_after = Varchar(length=16)
    at = Timestamptz()
