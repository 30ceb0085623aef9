from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigSerial, Bytea, Date, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class PushSubscription(Table, tablename="push_subscription"):
    """推送订阅 One browser that wants alerts. Dead ones stay marked; their browser makes a new one."""

    id = UUID(primary_key=True, default=UUID4())
    account = UUID(default=None, index=True)
    device = UUID(null=True, default=None)  # the phone whose session subscribed it
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
    """送达情况 What became of one alert on one browser: its latest try."""

    id = UUID(primary_key=True, default=UUID4())
    inbox_entry = UUID(default=None, index=True)
    channel = Varchar(length=12)  # push
    state = Varchar(length=10)  # sent | failed | dead
    detail = Text(default="")
    at = Timestamptz()
    subscription = UUID(null=True, default=None)  # which browser
    attempts = SmallInt(default=1)


class GroupRobot(Table, tablename="notify_robot"):
    """群机器人 One chat group of a department that is told of new work, by its robot. The address is sealed, and goes when it is removed."""

    id = UUID(primary_key=True, default=UUID4())
    department = Varchar(length=20)
    name = Varchar(length=60)
    kind = Varchar(length=10)  # wecom | dingtalk
    shown = Varchar(length=120)  # what of the address may be seen
    sealed = Bytea()
    created_by = UUID(default=None)
    created_at = Timestamptz()
    quiet_until = Timestamptz(null=True, default=None)  # the service asked to be left alone
    ended_at = Timestamptz(null=True, default=None)


class GroupRobotItem(Table, tablename="notify_robot_item"):
    """群消息事项 One visit or one digest that a group is told of; all that wait for a robot go in one message."""

    id = BigSerial(primary_key=True)
    robot = ForeignKey(references=GroupRobot, on_delete=OnDelete.restrict)
    kind = Varchar(length=40)
    inspection = UUID(null=True, default=None, index=True)
    county = Varchar(length=12)
    due_on = Date(null=True, default=None)
    state = Varchar(length=10)  # waiting | sent | failed
    detail = Text(default="")
    attempts = SmallInt(default=0)
    created_at = Timestamptz()
    at = Timestamptz(null=True, default=None)
    text = Text(default="")  # of a digest: what the group reads
