from __future__ import annotations

from piccolo.columns import UUID, Bytea, Date, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table


class Tip(Table, tablename="tip"):
    """投诉举报 One complaint or tip. What was told never changes; `version` counts what the office did. The contact is sealed, the code hashed."""

    id = UUID(primary_key=True, default=None)
    number = Varchar(length=40, unique=True)
    track = Varchar(length=10)  # complaint | tip
    year = SmallInt()
    serial = Integer()
    form_sha256 = Varchar(length=64, unique=True)  # of the form's own id, under which a repeat is the same
    content_sha256 = Varchar(length=64)
    code_sha256 = Varchar(length=64, unique=True)
    subject = Varchar(length=10)  # enterprise | office
    category = Varchar(length=20)
    enterprise = UUID(null=True, default=None)
    enterprise_code = Varchar(length=40)
    enterprise_name = Varchar(length=200)
    accused = Varchar(length=200)
    county = Varchar(length=12)
    place = Varchar(length=300)
    text = Text()
    contact = Bytea(null=True, default=None)  # null: anonymous
    filed_at = Timestamptz()
    filed_on = Date()
    state = Varchar(length=10)
    department = Varchar(length=20, null=True, default=None)  # null: the oversight office
    clock = Varchar(length=20, null=True, default=None)
    since = Date(null=True, default=None)
    reason = Text()
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    joined_to = UUID(null=True, default=None)
    closed_by = UUID(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    version = Integer()
    entry_id = UUID(default=None)
    extended_at = Timestamptz(null=True, default=None)  # when the time to check it was made longer, once, by whom and why
    extended_by = UUID(null=True, default=None)
    extended_why = Text(default="")
    erased_at = Timestamptz(null=True, default=None)  # when the words, the contact and the photos went
    erased_why = Varchar(length=300, default="")


class TipMessage(Table, tablename="tip_message"):
    """往来 One word added by the citizen under the code, or one answer of the office that the code shows. Never changed."""

    id = UUID(primary_key=True, default=None)
    tip = UUID(default=None)
    kind = Varchar(length=10)  # added | answer | closing
    author = UUID(null=True, default=None)  # null: the citizen
    text = Text()
    at = Timestamptz()
    entry_id = UUID(default=None)


class TipVisit(Table, tablename="tip_visit"):
    """举报核查 One visit that was opened because of a complaint or tip."""

    inspection = UUID(primary_key=True, default=None)
    tip = UUID(default=None)
    campaign = UUID(default=None)
    opened_by = UUID(default=None)
    opened_at = Timestamptz()
    entry_id = UUID(default=None)


class TipCategory(Table, tablename="tip_category"):
    """投诉举报分类 What one may complain of, whom it is about, and which department gets it at first, while the row is in force."""

    code = Varchar(length=20, primary_key=True, default=None)
    subject = Varchar(length=10)
    track = Varchar(length=10)
    zh = Varchar(length=80)
    en = Varchar(length=120)
    department = Varchar(length=20, null=True, default=None)
    position = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer()
