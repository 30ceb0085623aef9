from __future__ import annotations

from piccolo.columns import UUID, Boolean, Bytea, Date, Integer, SmallInt, Text, Varchar
from piccolo.table import Table


class Evaluation(Table, tablename="evaluation"):
    """检查评价 What one enterprise says of one visit, with the day and no hour. Never changed, but its words go in time; the week's entry commits to it."""

    id = UUID(primary_key=True, default=None)  # the form's
    inspection = UUID(default=None)
    enterprise = UUID(default=None)
    department = Varchar(length=20)
    county = Varchar(length=12)
    day = Date()
    device_sha256 = Varchar(length=64)  # keyed, and another one for each visit: no two evaluations can be laid together by it
    content_sha256 = Varchar(length=64)
    certificates = Boolean()
    scanned = Boolean()
    gifts = Boolean()
    polite = SmallInt()
    clear = SmallInt()
    overall = SmallInt()
    text = Text()
    salt = Bytea()
    commitment = Varchar(length=64, unique=True)
    erased_on = Date(null=True, default=None)  # when the words went, with the salt and the content's hash


class EvaluationSeal(Table, tablename="evaluation_seal"):
    """评价存证 One week whose evaluations are fixed in the log. Append-only."""

    week = Date(primary_key=True, default=None)  # its Monday
    sealed = Integer()
    entry_id = UUID(default=None)


class EvaluationRule(Table, tablename="evaluation_rule"):
    """评价规则 How many enterprises make an average, how long and how often a visit may be evaluated, while the row is in force."""

    id = UUID(primary_key=True, default=None)
    least = SmallInt()
    window_days = SmallInt()
    most = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()
