from __future__ import annotations

from piccolo.columns import UUID, Integer, SmallInt, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Notice(Table, tablename="notice"):
    """检查通知书 One numbered notice of one inspection, issued with its dispatch. Append-only; the team that it names is the inspection's of the day."""

    id = UUID(primary_key=True, default=UUID4())
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    year = SmallInt()
    serial = Integer()  # 1, 2, .. within department and year, without gaps
    inspection = UUID(unique=True, default=None)
    visits_before = Integer()  # this department's finished visits to the enterprise this year
    issued_at = Timestamptz()
    entry_id = UUID(null=True, default=None)  # null: issued for a visit from before notices had numbers
