from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigSerial, Date, Text, Timestamptz, Varchar
from piccolo.table import Table


class Comment(Table, tablename="desk_comment"):
    """内部批注 One comment of a colleague on a visit, read only inside the office. Append-only."""

    id = UUID(primary_key=True, default=None)
    inspection = UUID(default=None)
    author = UUID(default=None)
    department = Varchar(length=20, null=True, default=None)
    text = Text()
    mentions = Array(base_column=UUID())  # accounts that were told
    at = Timestamptz()
    entry_id = UUID(default=None)


class Extension(Table, tablename="desk_extension"):
    """延期 One longer deadline of a visit with its reason. Append-only."""

    id = BigSerial(primary_key=True)
    inspection = UUID(default=None)
    due_before = Date()
    due_after = Date()
    reason = Text()
    extended_by = UUID(default=None)
    at = Timestamptz()
    entry_id = UUID(default=None)


class Run(Table, tablename="desk_run"):
    """批量办理 One action over many visits and what became of each. The id is the form's, so that a repeat does nothing. Append-only."""

    id = UUID(primary_key=True, default=None)
    action = Varchar(length=12)
    params = JSONB()
    results = JSONB()
    account = UUID(default=None)
    at = Timestamptz()
