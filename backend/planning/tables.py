from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, Boolean, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class AnnualPlan(Table, tablename="annual_plan"):
    """年度抽查工作计划 One yearly plan of one department, its own or a joint one that it leads. What it says stands in its editions."""

    id = UUID(primary_key=True, default=None)
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    region = Varchar(length=12)
    year = SmallInt()
    serial = Integer()  # 1, 2, .. within department and year, without gaps
    is_joint = Boolean()
    created_by = UUID(default=None)
    created_at = Timestamptz()


class PlanEdition(Table, tablename="plan_edition"):
    """计划版次 One edition of a yearly plan. Edited as a draft or when returned; once approved it never changes but for its state."""

    id = UUID(primary_key=True, default=None)
    plan = ForeignKey(references=AnnualPlan, on_delete=OnDelete.restrict, null=False)
    edition = SmallInt()
    name = Varchar(length=160)
    basis = Text()
    state = Varchar(length=12)  # draft | submitted | returned | approved | published | superseded | dropped
    reason = Text()  # why the plan is changed; empty for the first edition
    chain = JSONB()  # the steps as they were at its submission: [{"role", "zh", "en"}, ..]
    waits_at = SmallInt(null=True, default=None)  # the step of the chain, from 0
    round = SmallInt()  # how often it was submitted
    content_sha256 = Varchar(length=64)  # of what was submitted last
    created_by = UUID(default=None)
    created_at = Timestamptz()
    submitted_by = UUID(null=True, default=None)
    submitted_at = Timestamptz(null=True, default=None)
    approved_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)
    version = Integer()


class PlanLine(Table, tablename="plan_line"):
    """计划项目 One planned campaign in one edition of a plan; `line` is the same in all editions."""

    id = UUID(primary_key=True, default=None)
    edition = ForeignKey(references=PlanEdition, on_delete=OnDelete.restrict, null=False)
    line = UUID(default=None)
    position = SmallInt()
    name = Varchar(length=160)
    items = Array(base_column=Varchar(length=20))
    partners = Array(base_column=Varchar(length=20))
    counties = Array(base_column=Varchar(length=12))
    industries = Array(base_column=Varchar(length=10))  # empty = all
    rate_mode = Varchar(length=10)  # as of a campaign
    rates = JSONB()
    officers_per_visit = SmallInt()
    yearly_cap = SmallInt(null=True, default=None)
    first_on = Date()
    due_on = Date()
    responsible = Varchar(length=80)
    notes = Text()
    warnings = JSONB()  # [{"zh", "en"}]: what to look at since it was copied from another year
    changed_by = UUID(default=None)
    changed_at = Timestamptz()
    version = Integer()


class PlanStep(Table, tablename="plan_step"):
    """计划审批环节 One step that a plan goes through before it is approved, for a department and region or for any, while the row is in force."""

    id = UUID(primary_key=True, default=None)
    department = Varchar(length=20, null=True, default=None)
    region = Varchar(length=12, null=True, default=None)  # prefix
    position = SmallInt()
    role = Varchar(length=12)  # reviewer | admin | manager
    name_zh = Varchar(length=60)
    name_en = Varchar(length=80)
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()


class PlanDecision(Table, tablename="plan_decision"):
    """计划审批意见 One person's decision at one step of one round of an edition. Append-only."""

    id = UUID(primary_key=True, default=None)
    edition = ForeignKey(references=PlanEdition, on_delete=OnDelete.restrict, null=False)
    round = SmallInt()
    step = SmallInt()
    name_zh = Varchar(length=60)
    name_en = Varchar(length=80)
    verdict = Varchar(length=10)  # approved | returned
    reason = Text()
    decided_by = UUID(default=None)
    decided_at = Timestamptz()
    entry_id = UUID(default=None)


class PlanCampaign(Table, tablename="plan_campaign"):
    """计划落实 The one campaign that was made from a line, and from which edition. Append-only."""

    line = UUID(primary_key=True, default=None)
    plan = ForeignKey(references=AnnualPlan, on_delete=OnDelete.restrict, null=False)
    edition = ForeignKey(references=PlanEdition, on_delete=OnDelete.restrict, null=False)
    campaign = UUID(unique=True, default=None)
    made_by = UUID(default=None)
    made_at = Timestamptz()
    entry_id = UUID(default=None)
