from __future__ import annotations

from piccolo.columns import UUID, Array, BigInt, Bytea, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class Webhook(Table, tablename="webhook"):
    """数据推送 One partner's address that is told of public events. Address and secret are sealed, and go when it is removed."""

    id = UUID(primary_key=True, default=None)
    name = Varchar(length=80)
    shown = Varchar(length=300)  # what of the address may be seen
    sealed = Bytea()
    events = Array(base_column=Text())
    state = Varchar(length=10)  # live | paused | ended
    after_index = BigInt()  # the log's entries up to here have been looked at
    created_by = UUID(default=None)
    created_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    rotation = UUID(null=True, default=None)  # the form by which the secret was changed last
    rotated_at = Timestamptz(null=True, default=None)
    old_until = Timestamptz(null=True, default=None)  # until then the secret before signs, too
    why = Text()  # why it was paused by itself, a line a language
    version = Integer()


class WebhookDelivery(Table, tablename="webhook_delivery"):
    """推送记录 What became of one event at one webhook: its latest try. Its id is the message's, the same with each try."""

    id = UUID(primary_key=True, default=None)
    webhook = ForeignKey(references=Webhook, on_delete=OnDelete.restrict, null=False)
    entry_index = BigInt(null=True, default=None)  # the entry of the log; null for a test
    event = Varchar(length=40)
    subject = Varchar(length=200)
    body = Text()
    state = Varchar(length=10)  # waiting | sent | failed (tried again) | dead
    attempts = SmallInt()
    status = SmallInt(null=True, default=None)  # the answer's; null where there was none
    detail = Text()
    created_at = Timestamptz()
    at = Timestamptz(null=True, default=None)
