from __future__ import annotations

from piccolo.columns import JSONB, UUID, Integer, SmallInt, Timestamptz, Varchar
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


class Paper(Table, tablename="paper"):
    """文书 One numbered paper of the office with its contents as issued. Append-only: what has changed since is another paper."""

    id = UUID(primary_key=True, default=UUID4())
    kind = Varchar(length=10)  # approval | results | order | reply | copy | case | plan
    number = Varchar(length=40, unique=True)
    department = Varchar(length=20)
    year = SmallInt()
    serial = Integer()  # 1, 2, .. within kind, department and year, without gaps
    subject = UUID(default=None)  # the campaign, the order to correct, the objection, the handover or the yearly plan
    content = JSONB()
    content_sha256 = Varchar(length=64)  # of its canonical bytes
    issued_by = UUID(default=None)
    issued_at = Timestamptz()
    entry_id = UUID(default=None)
