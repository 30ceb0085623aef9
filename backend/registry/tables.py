from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigInt, BigSerial, Date, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Region(Table, tablename="region"):
    """行政区划 One code of GB/T 2260 (or a marked local addition) with its dates of validity."""

    code = Varchar(length=12, primary_key=True, default=None)
    name_zh = Varchar(length=60)
    name_en = Varchar(length=80)
    parent = Varchar(length=12, null=True, default=None)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    source = Varchar(length=200)
    version = Integer(default=1)


class Industry(Table, tablename="industry"):
    """国民经济行业 One class of GB/T 4754 in its edition."""

    code = Varchar(length=10, primary_key=True, default=None)
    name_zh = Varchar(length=80)
    name_en = Varchar(length=120)
    edition = Varchar(length=20)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    version = Integer(default=1)


class Enterprise(Table, tablename="enterprise"):
    """检查对象 One subject of inspection. Changed by imports and by the office; `version` counts the changes."""

    id = UUID(primary_key=True, default=UUID4())
    code = Varchar(length=40, unique=True)  # USCC, or an older registration number
    code_kind = Varchar(length=10)  # uscc | reg15 | reg13 | override
    override_reason = Text(null=True, default=None)
    name = Varchar(length=200)
    name_key = Varchar(length=400)  # pinyin, to sort by
    region = Varchar(length=12)  # indexed together with the industry, as draws ask
    industry = Varchar(length=10)
    kind = Varchar(length=30)
    status = Varchar(length=20)  # active | deregistered | revoked | moved_out
    address = Varchar(length=300, default="")
    legal_rep = Varchar(length=80, default="")
    phone = Varchar(length=40, default="")
    established_on = Date(null=True, default=None)
    credit_class = Varchar(length=1, default="B")  # A-D, never published
    lat_e7 = BigInt(null=True, default=None)
    lon_e7 = BigInt(null=True, default=None)
    qr_token = Varchar(length=32, unique=True)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class Exemption(Table, tablename="exemption"):
    """免检 One enterprise that a department may not draw, with the legal basis."""

    id = UUID(primary_key=True, default=UUID4())
    enterprise = UUID(default=None)
    department = Varchar(length=20)
    legal_basis = Text()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    decided_by = UUID(default=None)
    decided_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)


class EnterpriseSearch(Table, tablename="enterprise_search"):
    """检索行 What an enterprise is found by: a copy, made by triggers or the worker, that an older version never replaces."""

    enterprise = UUID(primary_key=True, default=None)
    version = Integer()
    name_key = Varchar(length=400)
    hay = Text()  # name, representative, address, a line each
    sound = Text()  # the name's syllables without tones
    initials = Text()
    code = Varchar(length=40)
    region = Varchar(length=12)
    industry = Varchar(length=10)
    kind = Varchar(length=30)
    status = Varchar(length=20)
    credit_class = Varchar(length=1)


class EnterpriseUnindexed(Table, tablename="enterprise_unindexed"):
    """待编入检索 Up to two thousand enterprises of a large import that the worker has yet to put into the search table. Deleted when done."""

    position = BigSerial(primary_key=True)
    enterprises = Array(base_column=UUID())
    n = Integer()


class EnterpriseChange(Table, tablename="enterprise_change"):
    """名录变更 What one change did to one enterprise: the fields that differ, before and after. Written by a trigger, never changed."""

    id = BigSerial(primary_key=True)
    enterprise = UUID(default=None)
    version = Integer()
    at = Timestamptz()
    kind = Varchar(length=10)  # import | undo | office | unknown
    source = UUID(null=True, default=None)  # the import batch
    account = UUID(null=True, default=None)
    reason = Text()
    was = JSONB()
    now = JSONB()


class EnterpriseListing(Table, tablename="enterprise_listing"):
    """列入名单 One entry of an enterprise on the list of abnormal operation or of serious breaches, with its source; it ends by `removed_on`."""

    id = UUID(primary_key=True, default=None)
    enterprise = UUID(default=None)
    list = Varchar(length=10)  # abnormal | serious
    ground = Text()
    authority = Varchar(length=120)
    document = Varchar(length=120)
    listed_on = Date()
    removed_on = Date(null=True, default=None)
    removal = Text()
    source = Varchar(length=200)
    as_of = Date()
    entered_by = UUID(default=None)
    created_at = Timestamptz()


class SavedFilter(Table, tablename="saved_filter"):
    """保存的筛选 A list's filter under a name, of one person, who may share it with the department."""

    id = UUID(primary_key=True, default=None)
    account = UUID(default=None)
    page = Varchar(length=20)
    name = Varchar(length=40)
    query = Text()
    shared_with = Varchar(length=20, null=True, default=None)
    created_at = Timestamptz()


class EnterpriseArrival(Table, tablename="enterprise_arrival"):
    """入库来源 Where all enterprises that entered the register at one moment came from. Written by a trigger, never changed."""

    created_at = Timestamptz(primary_key=True, default=None)
    kind = Varchar(length=10)  # import | undo | office
    source = UUID(null=True, default=None)
    account = UUID(null=True, default=None)
