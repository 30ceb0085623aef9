from __future__ import annotations

from piccolo.columns import JSONB, UUID, Date, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class FigureStandard(Table, tablename="figure_standard"):
    """考核标准 One number that a measure is judged by, and from when to when: its target in thousandths."""

    id = UUID(primary_key=True, default=None)
    measure = Varchar(length=20)
    kind = Varchar(length=12)  # target
    value = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)  # null: until further notice
    source = Text()
    version = Integer()


class FigureDigest(Table, tablename="figure_digest"):
    """周报 The figures of one week for one department (or all) in one region, as they stood when the week was over. Append-only."""

    id = UUID(primary_key=True, default=UUID4())
    week = Date()  # its Monday
    department = Varchar(length=20)  # empty: all departments
    region = Varchar(length=12)
    figures = JSONB()
    created_at = Timestamptz()
