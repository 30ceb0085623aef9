from __future__ import annotations

from piccolo.columns import JSONB, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class NumberSeries(Table, tablename="number_series"):
    """编号序列 The last number that was given in one series. Rises by one with each; what is rolled back is given again."""

    series = Varchar(length=40, primary_key=True, default=None)
    last = Integer()


class OutboxJob(Table, tablename="outbox_job"):
    """发件箱 One piece of work to do after the commit that asked for it. Deleted when done; kept with its error when it gave up."""

    id = BigSerial(primary_key=True)
    topic = Varchar(length=40)  # "push", "thumbnail"
    payload = JSONB()
    key = Varchar(length=200, null=True, default=None, unique=True)  # the same key asks for the same work once
    attempts = Integer(default=0)
    available_at = Timestamptz(default=TimestamptzNow())
    last_error = Text(null=True, default=None)
    gave_up_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    request_id = Varchar(length=64, null=True, default=None)  # of the request that asked, for the logs
