from __future__ import annotations

from piccolo.columns import UUID, Array, Date, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Order(Table, tablename="rectification_order"):
    """责令改正通知书 One numbered order after a visit: what must be done, by when. Only its state and its closing change."""

    id = UUID(primary_key=True, default=UUID4())
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    year = SmallInt()
    serial = Integer()
    inspection = UUID(default=None)
    enterprise = UUID(default=None)
    enterprise_code = Varchar(length=40)
    enterprise_name = Varchar(length=200)
    county = Varchar(length=12)
    demand = Text()
    legal_basis = Text()
    due_on = Date()
    state = Varchar(length=12)  # open | uncorrected | corrected | ended
    ordered_by = UUID(default=None)
    ordered_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    closed_by = UUID(null=True, default=None)
    closing = Text()
    entry_id = UUID(default=None)


class FollowUp(Table, tablename="rectification_followup"):
    """复查 One visit that looks whether an order was obeyed. Its result comes with the visit's own."""

    inspection = UUID(primary_key=True, default=None)
    of_order = UUID(default=None)
    opened_by = UUID(default=None)
    opened_at = Timestamptz()
    result = Varchar(length=12)  # empty | corrected | uncorrected | gone
    judged_at = Timestamptz(null=True, default=None)


class CorrectionEvidence(Table, tablename="rectification_evidence"):
    """整改材料 What an enterprise handed in once to show that it corrects what an order demands. Never changed, but its note may be erased."""

    id = UUID(primary_key=True, default=None)
    of_order = UUID(default=None)
    enterprise = UUID(default=None)
    note = Text()
    files = Array(base_column=Varchar(length=64))  # SHA-256 of received files, under this row's id
    handed_by = UUID(default=None)  # the enterprise's person
    handed_at = Timestamptz()
    entry_id = UUID(default=None)
    erased_at = Timestamptz(null=True, default=None)  # when note and files went
    erased_why = Varchar(length=300, default="")


class SettlingOutcome(Table, tablename="rectification_outcome"):
    """改正完成的结果代码 One outcome code after which an order counts as obeyed, while that was so."""

    code = Varchar(length=4, primary_key=True, default=None)
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Text()
