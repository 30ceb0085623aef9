from __future__ import annotations

from piccolo.columns import UUID, Date, Integer, SmallInt, Text, Varchar
from piccolo.table import Table


class StatutoryPeriod(Table, tablename="statutory_period"):
    """法定期限 One clock's length while it was in force, with its source. A change of the law is a new row."""

    id = UUID(primary_key=True, default=None)
    clock = Varchar(length=20)
    amount = SmallInt()  # 0: the day itself is stored with its thing
    unit = Varchar(length=8)  # working | natural
    warn = SmallInt()  # so many days before the end the lamp turns yellow
    valid_from = Date()
    valid_to = Date(null=True, default=None)  # the day on which the next row of the clock begins
    source = Text()
    version = Integer()
