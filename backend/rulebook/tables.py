from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, Integer, SmallInt, Varchar
from piccolo.table import Table


class Holiday(Table, tablename="holiday"):
    """节假日 One day that differs from its week: a working day that is off, or a Saturday or Sunday that is worked."""

    day = Date(primary_key=True, default=None)
    is_off = Boolean()
    name = Varchar(length=40)
    source = Varchar(length=200)
    version = Integer()


class VisitCap(Table, tablename="visit_cap"):
    """年度检查上限 How many visits an enterprise may get in a year at one level, from one department or from any, while the row is in force."""

    id = UUID(primary_key=True, default=None)
    level = Varchar(length=10)  # city | county | together
    department = Varchar(length=20, null=True, default=None)
    most = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()


class ClassRate(Table, tablename="class_rate"):
    """分类抽查比例 Which share of a credit-risk class is drawn: the lowest, the usual and the highest, in thousandths, while the row is in force."""

    id = UUID(primary_key=True, default=None)
    department = Varchar(length=20, null=True, default=None)
    class_code = Varchar(length=1)
    low = SmallInt()
    usual = SmallInt()
    high = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()


class Retention(Table, tablename="retention"):
    """留存期限 How many days something is kept before the system removes it by itself, while the row is in force."""

    id = UUID(primary_key=True, default=None)
    what = Varchar(length=20)  # upload: a file that was read and never taken in; claim_..: a one-time code that nobody used
    days = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()


class WorkloadNorm(Table, tablename="workload_norm"):
    """工作量标准 How many visits a week an officer of a department, or of any, can usually and at most be asked for, while the row is in force."""

    id = UUID(primary_key=True, default=None)
    department = Varchar(length=20, null=True, default=None)
    usual = SmallInt()
    most = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()
