from __future__ import annotations

from piccolo.columns import Timestamptz, Varchar
from piccolo.table import Table


class RateLimit(Table, tablename="rate_limit"):
    """限流计数 One key (hashed) that has been used lately, and when its bucket will be empty again. Deleted by the worker after that."""

    key = Varchar(length=64, primary_key=True, default=None)
    full_until = Timestamptz(index=True)
