from __future__ import annotations

from piccolo.columns import JSONB, UUID, Date, ForeignKey, Integer, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class CheckItem(Table, tablename="check_item"):
    """随机抽查事项 One item of the item list, in the edition that holds today; its code and department stay."""

    code = Varchar(length=20, primary_key=True, default=None)
    department = Varchar(length=20)
    name_zh = Varchar(length=120)
    name_en = Varchar(length=160)
    category = Varchar(length=10)  # general | key
    legal_basis = Text()
    method = Varchar(length=20)
    qualification = Varchar(length=40, null=True, default=None)
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    version = Integer(default=1)


class CheckItemEdition(Table, tablename="check_item_edition"):
    """事项版次 What a check item says from one day on, until a later edition begins. Append-only."""

    id = UUID(primary_key=True, default=UUID4())
    item = ForeignKey(references=CheckItem, on_delete=OnDelete.restrict, null=False)
    valid_from = Date()
    name_zh = Varchar(length=120)
    name_en = Varchar(length=160)
    category = Varchar(length=10)  # general | key
    legal_basis = Text()
    method = Varchar(length=20)
    qualification = Varchar(length=40, null=True, default=None)
    created_at = Timestamptz()


class Checklist(Table, tablename="checklist"):
    """检查表 One version of a check item's form. Never changed: a change is a new version."""

    id = UUID(primary_key=True, default=UUID4())
    item = ForeignKey(references=CheckItem, on_delete=OnDelete.restrict)
    version = Integer()
    title_zh = Varchar(length=160)
    title_en = Varchar(length=200)
    questions = JSONB()
    created_at = Timestamptz()
    note = Varchar(length=200, default="")  # what is new in this version
    published_by = UUID(null=True, default=None)


class ChecklistDraft(Table, tablename="checklist_draft"):
    """检查表草稿 The next version of a check item's form while it is being written. Gone once it is published."""

    item = ForeignKey(references=CheckItem, on_delete=OnDelete.restrict, primary_key=True, null=False)
    title_zh = Varchar(length=160)
    title_en = Varchar(length=200)
    questions = JSONB()
    base = Integer()  # the published version that it began from
    version = Integer()
    updated_by = UUID(default=None)
    updated_at = Timestamptz()


class ItemImport(Table, tablename="item_import"):
    """事项导入 One spreadsheet of check items as it was read and judged, until a person applies or drops it."""

    id = UUID(primary_key=True, default=None)
    department = Varchar(length=20)
    filename = Varchar(length=200)
    file_sha256 = Varchar(length=64)
    state = Varchar(length=10)  # previewed | applied | cancelled
    valid_from = Date()
    rows = JSONB()
    created_by = UUID(default=None)
    created_at = Timestamptz()
    done_at = Timestamptz(null=True, default=None)


class OutcomeCode(Table, tablename="outcome_code"):
    """检查结果代码 One node of the tree of outcomes."""

    code = Varchar(length=4, primary_key=True, default=None)
    parent = Varchar(length=4, null=True, default=None)
    zh = Varchar(length=120)
    en = Varchar(length=160)
    position = SmallInt()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    version = Integer(default=1)
