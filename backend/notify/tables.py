from __future__ import annotations

from piccolo.columns import JSONB, UUID, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class PushSubscription(Table, tablename="push_subscription"):
    """推送订阅 One browser that wants alerts. Dead ones stay marked until their owner's browser subscribes again."""

    id = UUID(primary_key=True, default=UUID4())
    account = UUID(default=None, index=True)
    endpoint = Text(unique=True)
    p256dh = Text()
    auth = Text()
    created_at = Timestamptz()
    dead_at = Timestamptz(null=True, default=None)


class InboxEntry(Table, tablename="inbox_entry"):
    """收件箱 One alert to one person: the first channel, which always works. Only `read_at` changes."""

    id = UUID(primary_key=True, default=UUID4())
    account = UUID(default=None, index=True)
    kind = Varchar(length=40)
    inspection = UUID(null=True, default=None)
    params = JSONB()
    created_at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)


class Delivery(Table, tablename="notify_delivery"):
    """送达情况 What became of one alert on one channel."""

    id = UUID(primary_key=True, default=UUID4())
    inbox_entry = UUID(default=None, index=True)
    channel = Varchar(length=12)  # push
    state = Varchar(length=10)  # sent | failed | dead
    detail = Text(default="")
    at = Timestamptz()
