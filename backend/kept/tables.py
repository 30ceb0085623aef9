from __future__ import annotations

from piccolo.columns import BigSerial, Bytea, Date, Timestamptz, Varchar
from piccolo.table import Table


class KeptPage(Table, tablename="kept_page"):
    """留存页面 One public page in one language as it was built on one day, with the stamp of its subject before its facts were read. May be deleted."""

    key = Varchar(length=200, primary_key=True, default=None)  # language, build, address
    subject = Varchar(length=80)
    stamp = Varchar(length=80)
    day = Date()
    etag = Varchar(length=40)
    body = Bytea()  # gzip
    kept_at = Timestamptz()


class KeptChange(Table, tablename="kept_change"):
    """页面变更 One change of what a subject's page shows; `*` is every subject. Written by triggers, swept a day after the pages that it ended."""

    id = BigSerial(primary_key=True)
    subject = Varchar(length=80)
    at = Timestamptz()
