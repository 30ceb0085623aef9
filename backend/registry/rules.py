"""What a row of the register must be. Pure: the code tables are an argument, today is an argument.

``check_row`` turns the texts of one row (a form or a spreadsheet, both arrive as text) into an ``EnterpriseDraft`` or
into the list of everything that is wrong with it; nothing is corrected or dropped without saying so. Identifiers are
judged in ``backend.registry.uscc``. Proving tests: ``tests/rules/test_registry_rules.py``, ``tests/rules/test_uscc.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from backend.kernel.dates import read_date
from backend.registry.codebook import Codebook, IndustryCode, RegionCode, shipped_codebook
from backend.registry.pinyin import pinyin_key
from backend.registry.uscc import (
    ALPHABET,
    CodeCheck,
    check_code,
    inner_check_character,
    is_id_card,
    is_uscc,
    make_uscc,
    mask_id_cards,
    normalise_code,
    outer_check_character,
)

__all__ = [
    "ALPHABET",
    "FIELDS",
    "KINDS",
    "STATUSES",
    "UNSAID",
    "CodeCheck",
    "Codebook",
    "EnterpriseDraft",
    "FieldError",
    "IndustryCode",
    "Label",
    "RegionCode",
    "check_code",
    "check_row",
    "inner_check_character",
    "is_id_card",
    "is_uscc",
    "make_uscc",
    "mask_id_cards",
    "normalise_code",
    "outer_check_character",
    "pinyin_key",
    "shipped_codebook",
]

CodeKind = Literal["uscc", "reg15", "reg13", "override"]
CreditClass = Literal["A", "B", "C", "D"]


@dataclass(frozen=True)
class Label:
    """A stored value with its two names and the other words for it that files contain."""

    zh: str
    en: str
    aliases: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Label]] = {
    "company": Label(
        "公司", "Company", ("有限责任公司", "有限公司", "股份有限公司", "企业", "企业法人", "内资企业", "私营企业", "国有企业")
    ),
    "sole_proprietorship": Label("个人独资企业", "Sole proprietorship", ("独资企业",)),
    "partnership": Label("合伙企业", "Partnership", ("普通合伙", "有限合伙", "普通合伙企业", "有限合伙企业")),
    "branch": Label("分支机构", "Branch", ("分公司", "企业分支机构", "营业单位")),
    "individual": Label("个体工商户", "Individual business", ("个体", "个体户")),
    "cooperative": Label("农民专业合作社", "Farmers' co-operative", ("合作社", "专业合作社", "农专社", "农民专业合作社分支机构")),
    "rep_office": Label("外国企业常驻代表机构", "Representative office", ("代表机构", "代表处", "外国常驻代表机构")),
    "institution": Label("事业单位", "Public institution", ("事业法人", "事业单位法人")),
    "association": Label("社会组织", "Association", ("社团", "社会团体", "民办非企业单位", "社会服务机构")),
}

STATUSES: Final[Mapping[str, Label]] = {
    "active": Label("存续", "Active", ("在营", "开业", "在册", "存续在营", "存续(在营、开业、在册)", "正常", "在业", "登记成立")),
    "deregistered": Label("注销", "Deregistered", ("已注销", "注销企业")),
    "revoked": Label("吊销", "Revoked", ("已吊销", "吊销未注销", "吊销,未注销", "吊销，未注销", "吊销已注销", "吊销,已注销")),
    "moved_out": Label("迁出", "Moved out", ("已迁出",)),
}

FIELDS: Final[Mapping[str, Label]] = {
    "code": Label("统一社会信用代码", "Unified social credit code"),
    "name": Label("名称", "Name"),
    "region": Label("行政区划", "Region"),
    "industry": Label("行业代码", "Industry"),
    "kind": Label("主体类型", "Kind"),
    "status": Label("登记状态", "Status"),
    "address": Label("住所", "Address"),
    "legal_rep": Label("法定代表人", "Legal representative"),
    "phone": Label("联系电话", "Telephone"),
    "established_on": Label("成立日期", "Established on"),
    "credit_class": Label("信用风险等级", "Credit-risk class"),
}
"""The fields of a row in the order of the template, with their column titles."""

_FLOAT = re.compile(r"\d\.\d+E\+?\d{2}", re.IGNORECASE)
# Characters 1 and 2 of a USCC: 9 is market regulation, then 1 enterprise, 2 individual business, 3 farmers' co-operative.
KIND_OF_CODE = {"91": "公司", "92": "个体工商户", "93": "农民专业合作社"}

# What a file may leave unsaid, with the value of an enterprise that is new; an old one keeps what it has.
UNSAID: Final[Mapping[str, object]] = {
    "kind": None,
    "status": "active",
    "address": "",
    "legal_rep": "",
    "phone": "",
    "established_on": None,
    "credit_class": "B",
}

# The lengths of the columns in tables.py, so that a long cell is a row's error and not the database's.
LENGTHS = {"name": 200, "address": 300, "legal_rep": 80, "phone": 40}


@dataclass(frozen=True)
class EnterpriseDraft:
    """One enterprise as the register will hold it, minus what only the database knows. ``name_key`` sorts by pinyin."""

    code: str
    code_kind: CodeKind
    override_reason: str | None
    name: str
    name_key: str
    region: str
    industry: str
    kind: str
    status: str
    address: str
    legal_rep: str
    phone: str
    established_on: date | None
    credit_class: CreditClass


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong in one field. ``overridable``: the office may accept it by giving a reason."""

    field: str
    value: str
    reason: str
    zh: str
    en: str
    overridable: bool = False


def check_row(
    values: Mapping[str, str], codebook: Codebook | None = None, *, today: date | None = None, override_reason: str | None = None
) -> EnterpriseDraft | list[FieldError]:
    """Judge one row; ``values`` maps names of ``FIELDS`` to text, absent and blank are the same.

    ``codebook`` defaults to the shipped tables. With ``override_reason`` a code that merely fails a check digit is taken
    as kind ``override``. ``established_on`` is checked against ``today`` if given. Returns every error of the row.
    """
    book = codebook or shipped_codebook()
    row = _Row({name: _tidy(values.get(name, "")) for name in FIELDS}, [])
    code, code_kind = row.read_code(override_reason)
    name = row.read_text("name", required=True)
    region = row.read_region(book)
    industry = row.read_industry(book)
    kind = row.read_label("kind", KINDS, KIND_OF_CODE.get(code[:2], ""))
    status = row.read_label("status", STATUSES, "存续")
    established_on = row.read_day("established_on", today)
    credit_class = row.read_credit_class()
    address, legal_rep = row.read_text("address"), row.read_text("legal_rep")
    phone = row.read_text("phone", lambda text: "、".join(re.split(r"\s*[,，;；、/|]\s*", unicodedata.normalize("NFKC", text))))
    if row.errors:
        return row.errors
    return EnterpriseDraft(
        code=code,
        code_kind=code_kind,
        override_reason=override_reason if code_kind == "override" else None,
        name=name,
        name_key=pinyin_key(name),
        region=region,
        industry=industry,
        kind=kind,
        status=status,
        address=address,
        legal_rep=legal_rep,
        phone=phone,
        established_on=established_on,
        credit_class=credit_class,
    )


def _tidy(text: str) -> str:
    """Trimmed, inner runs of blanks as one space, ID-card numbers masked; brackets stay as the name is registered."""
    return mask_id_cards(" ".join(text.replace("\ufeff", "").split()))


@dataclass
class _Row:
    values: dict[str, str]
    errors: list[FieldError]

    def refuse(self, field: str, reason: str, zh: str, en: str, overridable: bool = False) -> None:
        self.errors.append(FieldError(field, self.values[field], reason, zh, en, overridable))

    def read_code(self, override_reason: str | None) -> tuple[str, CodeKind]:
        found = check_code(self.values["code"])
        if found.kind != "invalid":
            return found.code, found.kind
        if found.overridable and override_reason and override_reason.strip():
            return found.code, "override"
        self.refuse("code", found.reason or "invalid", found.zh, found.en, found.overridable)
        return found.code, "override"

    def read_text(self, field: str, shape: Callable[[str], str] = str, required: bool = False) -> str:
        text = shape(self.values[field])
        if required and not text:
            self.refuse(field, "blank", f"{FIELDS[field].zh}为空", f"{FIELDS[field].en} is missing")
        if field == "phone" and _FLOAT.search(text):
            zh, en = "号码被电子表格当作数字保存，后几位已丢失", "The spreadsheet stored the number as a float and lost its last digits"
            self.refuse(field, "digits-lost", zh, en)
        if len(text) > LENGTHS[field]:
            n = LENGTHS[field]
            self.refuse(field, "too-long", f"{FIELDS[field].zh}超过 {n} 个字", f"{FIELDS[field].en} is longer than {n} characters")
        return text

    def read_region(self, book: Codebook) -> str:
        text = self.values["region"]
        if not text:
            self.refuse("region", "blank", "行政区划为空", "The region is missing")
            return ""
        found = book.find_region(text)
        if found is None:
            self.refuse("region", "unknown", f"行政区划“{text}”不在区划表中", f"Region “{text}” is not in the table of regions")
            return ""
        if found.valid_to is not None:
            zh, en = f"区划代码 {found.code} 已停用", f"Region code {found.code} is no longer in use"
            self.refuse("region", "retired", zh, en)
        elif book.has_children(found.code):
            zh, en = f"请填写到县（市、区）一级，而不是“{found.name_zh}”", f"Give the county, not “{found.name_en}”"
            self.refuse("region", "not-a-county", zh, en)
        return found.code

    def read_industry(self, book: Codebook) -> str:
        text = self.values["industry"]
        if not text:
            self.refuse("industry", "blank", "行业代码为空", "The industry is missing")
            return ""
        found = book.find_industry(text)
        if found:
            return found.code
        if len(parts := [p for p in re.split(r"[,，;；、|]", text) if p.strip()]) > 1 and all(book.find_industry(p) for p in parts):
            self.refuse("industry", "several", "填写了多个行业，请只保留主营行业", "Several industries are given: keep the main one")
        else:
            zh, en = f"行业“{text}”不在行业表（GB/T 4754-2017）中", f"Industry “{text}” is not in the table (GB/T 4754-2017)"
            self.refuse("industry", "unknown", zh, en)
        return ""

    def read_label(self, field: str, labels: Mapping[str, Label], default: str) -> str:
        text = unicodedata.normalize("NFKC", self.values[field] or default).replace(" ", "")
        for key, label in labels.items():
            if text.lower() in (key, label.en.lower()) or text in {unicodedata.normalize("NFKC", a) for a in (label.zh, *label.aliases)}:
                return key
        # Registers write "有限责任公司(自然人独资)": what stands before the bracket decides.
        head = text.split("(")[0]
        for key, label in labels.items():
            if head and head in (label.zh, *label.aliases):
                return key
        title, known = FIELDS[field], "、".join(label.zh for label in labels.values())
        if not text:
            self.refuse(field, "blank", f"{title.zh}为空，可填：{known}", f"{title.en} is missing")
        else:
            en = f"{title.en} “{text}” is not known; use one of: {', '.join(label.en for label in labels.values())}"
            self.refuse(field, "unknown", f"{title.zh}“{text}”无法识别，可填：{known}", en)
        return ""

    def read_day(self, field: str, today: date | None) -> date | None:
        text = self.values[field]
        if not text:
            return None
        day = read_date(text)
        if day is None:
            self.refuse(field, "not-a-date", f"“{text}”不是日期，请写作 2014-03-05", f"“{text}” is not a date; write it as 2014-03-05")
        elif today and day > today:
            self.refuse(field, "future", f"{FIELDS[field].zh}晚于今天", f"{FIELDS[field].en} lies in the future")
        return day

    def read_credit_class(self) -> CreditClass:
        text = unicodedata.normalize("NFKC", self.values["credit_class"]).upper().removesuffix("级").removesuffix("类").strip()
        if text in ("A", "B", "C", "D"):
            return text  # type: ignore[return-value]  # mypy does not narrow a str by membership in a tuple
        if text:
            zh, en = f"信用风险等级应为 A、B、C、D，现为“{text}”", f"The credit-risk class is A, B, C or D, not “{text}”"
            self.refuse("credit_class", "unknown", zh, en)
        return "B"
