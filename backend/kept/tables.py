from __future__ import annotations

from piccolo.columns import Array, BigSerial, Bytea, Date, Text, Timestamptz, Varchar
from piccolo.table import Table


class KeptPage(Table, tablename="kept_page"):
    """留存页面 One public page in one language as it was built on one day, with the stamp of its subject and tables before that. May be deleted."""

    key = Varchar(length=200, primary_key=True, default=None)  # language, build, address
    subject = Varchar(length=80)
    tables = Array(base_column=Text())  # "table:<name>" of those whose every change ends it
    stamp = Varchar(length=80)
    day = Date()
    until = Timestamptz(null=True, default=None)
    etag = Varchar(length=40)
    body = Bytea()  # gzip
    kept_at = Timestamptz()


class KeptChange(Table, tablename="kept_change"):
    """页面变更 One change of what pages of a subject show; `*` is every subject, `table:` a whole table. Written by triggers, swept later."""

    id = BigSerial(primary_key=True)
    subject = Varchar(length=80)
    at = Timestamptz()
