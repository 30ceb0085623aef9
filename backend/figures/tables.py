from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Date, Numeric, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class FigureStandard(Table, tablename="figure_standard"):
    """考核标准 One number that a measure is judged by, and from when to when: its target in percent."""

    id = BigSerial(primary_key=True)
    measure = Varchar(length=20)
    kind = Varchar(length=12)  # target
    value = Numeric(digits=(6, 2))
    valid_from = Date()
    valid_to = Date(null=True, default=None)  # null: until further notice
    source = Text()
    set_by = UUID(null=True, default=None)  # null: came with the installation
    set_at = Timestamptz()


class FigureDigest(Table, tablename="figure_digest"):
    """周报 The figures of one week for one department (or all) in one region, as they stood when the week was over. Append-only."""

    id = UUID(primary_key=True, default=UUID4())
    week = Date()  # its Monday
    department = Varchar(length=20)  # empty: all departments
    region = Varchar(length=12)
    figures = JSONB()
    created_at = Timestamptz()
