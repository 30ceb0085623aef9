from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigSerial, Boolean, Bytea, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from backend.items.tables import CheckItem, CheckItemEdition, Checklist


class Campaign(Table, tablename="campaign"):
    """抽查任务 One planned round of inspections."""

    id = UUID(primary_key=True, default=UUID4())
    number = Varchar(length=40, unique=True)
    name = Varchar(length=160)
    plan_name = Varchar(length=160, default="")
    state = Varchar(length=12)  # draft | announced | drawn | closed | voided
    department = Varchar(length=20)  # lead
    partners = Array(base_column=Varchar(length=20))
    region = Varchar(length=12)  # scope prefix the campaign belongs to
    counties = Array(base_column=Varchar(length=12))
    industries = Array(base_column=Varchar(length=10))  # empty = all
    rate_mode = Varchar(length=10)  # fixed | rate | classes
    rates = JSONB()  # fixed {"n": 20}; rate {"-": [p, q]}; classes {"A": [p, q], ..}
    officers_per_visit = SmallInt()
    due_on = Date()
    yearly_cap = SmallInt(null=True, default=None)
    kind = Varchar(length=12, default="random")  # random | complaint | referral | recheck
    source_ref = Varchar(length=120, default="")  # number of the complaint, the referral or the order to correct
    created_by = UUID(default=None)
    created_at = Timestamptz()
    version = Integer(default=1)


class CampaignItem(Table, tablename="campaign_item"):
    """任务事项 One check item of a campaign, with the checklist version that was current at its announcement."""

    id = BigSerial(primary_key=True)
    campaign = ForeignKey(references=Campaign, on_delete=OnDelete.restrict)
    item = ForeignKey(references=CheckItem, on_delete=OnDelete.restrict)
    checklist = ForeignKey(references=Checklist, on_delete=OnDelete.restrict)
    edition = ForeignKey(references=CheckItemEdition, on_delete=OnDelete.restrict, null=True, default=None)  # the item as it stood that day


class Recusal(Table, tablename="recusal"):
    """回避登记 One officer who may not visit one enterprise: declared, then decided. Its reasons stay inside the office."""

    id = UUID(primary_key=True, default=UUID4())
    inspector = UUID(default=None)
    enterprise = UUID(default=None)
    reason = Text()
    state = Varchar(length=10, default="upheld")  # declared | upheld | dismissed
    origin = Varchar(length=12, default="head")  # officer | enterprise | head
    declared_by = UUID(null=True, default=None)
    declared_at = Timestamptz()
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    decision = Text(default="")
    ended_at = Timestamptz(null=True, default=None)


class Inspection(Table, tablename="inspection"):
    """检查 One enterprise to visit, its officers and items. Moves along the states of rules.py; `version` counts the moves."""

    id = UUID(primary_key=True, default=UUID4())
    campaign = ForeignKey(references=Campaign, on_delete=OnDelete.restrict)
    draw = UUID(null=True, default=None)  # null: a visit that was not drawn
    enterprise = UUID(default=None, index=True)
    enterprise_code = Varchar(length=40, index=True)
    enterprise_name = Varchar(length=200)
    department = Varchar(length=20)
    county = Varchar(length=12)
    state = Varchar(length=14)
    sealed_salt = Bytea(null=True, default=None)
    sealed_leaf = Bytea(null=True, default=None)  # its leaf in the draw's sealed list
    sealed_index = Integer(null=True, default=None)
    due_on = Date()
    dispatched_at = Timestamptz()
    received_at = Timestamptz(null=True, default=None)
    arrived_at = Timestamptz(null=True, default=None)  # when the office was told of the arrival, before any record
    submitted_at = Timestamptz(null=True, default=None)
    completed_on = Date(null=True, default=None)
    scan_due_on = Date(null=True, default=None)  # the visit went on without a scan: the last day to scan or to say why not
    published_at = Timestamptz(null=True, default=None)
    reviewer = UUID(null=True, default=None)  # who is to judge its record; null: any reviewer of the department
    version = Integer(default=1)
    updated_at = Timestamptz()


class InspectionOfficer(Table, tablename="inspection_officer"):
    """检查人员 One officer's place in an inspection."""

    id = BigSerial(primary_key=True)
    inspection = ForeignKey(references=Inspection, on_delete=OnDelete.restrict)
    inspector = UUID(default=None, index=True)
    slot = SmallInt()
    department = Varchar(length=20)
    received_at = Timestamptz(null=True, default=None)
    received_t_dev = Timestamptz(null=True, default=None)


class Submission(Table, tablename="submission"):
    """检查记录 One signed record from a phone, exactly as signed. Never changed but for `state`."""

    id = UUID(primary_key=True, default=None)
    inspection = ForeignKey(references=Inspection, on_delete=OnDelete.restrict)
    account = UUID(default=None)
    device = UUID(default=None)
    record = Bytea()  # canonical bytes, as signed
    record_sha256 = Varchar(length=64)
    signature = Bytea()  # ES256, r || s
    state = Varchar(length=12)  # submitted | returned | approved
    clock_skew_ms = Integer()
    received_at = Timestamptz()
    entry_id = UUID(default=None)
    backfill_due_on = Date(null=True, default=None)  # set where the scan was back-filled 补录
    is_backfill_late = Boolean(default=False)
    brought_by = UUID(null=True, default=None)  # the account that handed it in from a backup of the phone
    handed_in_by = UUID(null=True, default=None)  # another phone of the same officer, where it was not the signing one
    key_revoked_at = Timestamptz(null=True, default=None)  # since when the signing phone had been reported lost


class SubmissionPhoto(Table, tablename="submission_photo"):
    """记录所附证据 One piece of evidence that a record names."""

    id = BigSerial(primary_key=True)
    submission = ForeignKey(references=Submission, on_delete=OnDelete.restrict)
    sha256 = Varchar(length=64, index=True)
    role = Varchar(length=12)  # photo | strokes
    item = Varchar(length=20, null=True, default=None)
    question = Varchar(length=40, null=True, default=None)
    position = SmallInt()


class Review(Table, tablename="review"):
    """审核 One reviewer's verdict on one record. Append-only."""

    id = UUID(primary_key=True, default=UUID4())
    submission = ForeignKey(references=Submission, on_delete=OnDelete.restrict)
    reviewer = UUID(default=None)
    verdict = Varchar(length=10)  # approved | returned
    comment = Text()
    decided_at = Timestamptz()
    is_first_of_record = Boolean(default=True)


class VisitPart(Table, tablename="visit_part"):
    """检查分部 What one phone said of one visit, under its next number; `body` is canonical, chained by `prev`. Append-only."""

    id = BigSerial(primary_key=True)
    inspection = ForeignKey(references=Inspection, on_delete=OnDelete.restrict)
    device = UUID(default=None)
    inspector = UUID(default=None)
    account = UUID(default=None)
    seq = Integer()
    body = Bytea()
    sha256 = Varchar(length=64)
    received_at = Timestamptz()
    entry_id = UUID(default=None)


class RecordDecision(Table, tablename="record_decision"):
    """记录补正 One officer's signed decision on what reached the office after the record. Append-only."""

    id = UUID(primary_key=True, default=None)
    submission = ForeignKey(references=Submission, on_delete=OnDelete.restrict)
    device = UUID(default=None)
    inspector = UUID(default=None)
    account = UUID(default=None)
    body = Bytea()  # canonical bytes, as signed
    sha256 = Varchar(length=64)
    signature = Bytea()  # ES256, r || s
    received_at = Timestamptz()
    entry_id = UUID(default=None)


class RecordCosignature(Table, tablename="record_cosignature"):
    """记录联署 One colleague's device signs the record of a visit too. Append-only."""

    id = BigSerial(primary_key=True)
    submission = ForeignKey(references=Submission, on_delete=OnDelete.restrict)
    device = UUID(default=None)
    inspector = UUID(default=None)
    account = UUID(default=None)
    body = Bytea()  # canonical bytes, as signed
    sha256 = Varchar(length=64)
    signature = Bytea()  # ES256, r || s
    received_at = Timestamptz()
    entry_id = UUID(default=None)


class RecordWaiver(Table, tablename="record_waiver"):
    """记录免除 A reviewer's word, with its reason, that a part or a co-signature will never come. Append-only."""

    id = BigSerial(primary_key=True)
    submission = ForeignKey(references=Submission, on_delete=OnDelete.restrict)
    inspector = UUID(default=None)
    what = Varchar(length=12)  # part | cosignature
    reason = Text()
    waived_by = UUID(default=None)
    waived_at = Timestamptz()
    entry_id = UUID(default=None)
