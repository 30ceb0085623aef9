from __future__ import annotations

from piccolo.columns import UUID, Array, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from backend.inspections.tables import Campaign
from backend.people.tables import Department


class Invitation(Table, tablename="invitation"):
    """联合邀请 What one department was asked for one joint campaign, and its answer. A department has one that counts; earlier ones have ended."""

    id = UUID(primary_key=True, default=None)
    campaign = ForeignKey(references=Campaign, on_delete=OnDelete.restrict, null=False)
    department = ForeignKey(references=Department, on_delete=OnDelete.restrict, null=False)
    version = Integer()
    state = Varchar(length=10)  # open | accepted | declined | overridden
    message = Text()
    sent_by = UUID(default=None)
    sent_at = Timestamptz()
    officers = SmallInt(null=True, default=None)  # how many the department can send, where it accepted
    counties = Array(base_column=Varchar(length=12))
    items = Array(base_column=Varchar(length=20))
    answer = Text()  # a note with the yes, the reason of a no
    answered_by = UUID(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    lapsed_at = Timestamptz(null=True, default=None)  # when both sides were told that the period had run out
    ground = Text()  # why the oversight office let the campaign go on without an answer
    overridden_by = UUID(null=True, default=None)
    overridden_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_by = UUID(null=True, default=None)
    ending = Text()  # why the lead took the department out, or asked again
    entry_id = UUID(default=None)
