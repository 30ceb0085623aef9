"""How a sheet of text becomes named fields. Pure: rows of text in, mapping and texts out.

Headers are mapped by normalised alias, never by position, because editions of the same form order and spell their columns
differently. Proving test: ``tests/rooms/test_exchange_files.py``.
"""

# ruff: noqa: E501 - aliases are listed one field a line
from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from backend.facts.rules import FIELDS as FACT_FIELDS
from backend.kernel.dates import is_open_end, read_date
from backend.registry.rules import FIELDS, Label, mask_id_cards

# A cell that a spreadsheet would run as a formula; a leading apostrophe is how Excel itself marks text.
# Some spreadsheets pass over blanks before it, and some read full-width signs as signs (OWASP, CSV Injection).
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
_ESCAPED = re.compile(r"'+\s*[=+\-@＝＋－＠]")
_QUOTED_TEXT = re.compile(r'="((?:[^"]|"")*)"')
_LOSSY = re.compile(r"[+-]?\d(?:\.\d+)?E\+?\d{2,3}", re.IGNORECASE)
_SAMPLE = re.compile(r"[((【]?(?:案例|示例|样例|范例)(?:行|数据)?[))】]?[((]?[^))]{0,12}[))]?[::]?")
_NOTE = re.compile(r"(?:填表|填写|填报)?(?:说明|须知|要求)[::].*|注[::].*|注意(?:事项)?[::].*", re.DOTALL)
_HINTS = {"必填", "选填", "非必填", "必填项", "选填项", "文本", "日期", "数字", "字符型", "日期型"}
ERROR_HEADERS: Final = ("错误", "Errors")
"""Titles of the columns that an error report adds, and that the reader passes over."""


@dataclass(frozen=True)
class Field:
    """A field that a layout looks for; ``aliases`` are header titles, the best first, matched after ``header_key``."""

    name: str
    aliases: tuple[str, ...]
    is_required: bool = False
    is_date: bool = False
    may_be_open: bool = False


@dataclass(frozen=True)
class Layout:
    """The fields of one kind of file. ``anchors``: a header row must have at least one of these."""

    name: str
    fields: tuple[Field, ...]
    anchors: tuple[str, ...]

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


@dataclass(frozen=True)
class Column:
    """One column as found: ``index`` from 0, its title, the field it feeds (None: not mapped), the rank of its alias."""

    index: int
    header: str
    field: str | None
    rank: int = 0


REGISTER: Final = Layout(
    "register",
    (
        Field("code", ("统一社会信用代码", "社会信用代码", "信用代码", "统一代码", "统一社会信用代码/注册号", "注册号", "工商注册号", "uscc", "unified social credit code", "code"), True),
        Field("name", ("企业名称", "单位名称", "名称", "市场主体名称", "检查对象名称", "主体名称", "经营主体名称", "商户名称", "字号名称", "name", "enterprise name"), True),
        Field("region", ("行政区划代码", "行政区划", "区划代码", "所属区县", "所属县区", "区县", "县区", "县(市、区)", "县市区", "所在区县", "辖区", "region", "county"), True),
        Field("industry", ("行业代码", "行业小类代码", "国民经济行业代码", "行业", "所属行业", "行业小类", "industry"), True),
        Field("kind", ("主体类型", "市场主体类型", "企业类型", "经营主体类型", "类型", "kind", "type")),
        Field("status", ("登记状态", "经营状态", "企业状态", "状态", "status")),
        Field("address", ("住所", "地址", "经营场所", "住所(经营场所)", "注册地址", "经营地址", "详细地址", "address")),
        Field("legal_rep", ("法定代表人", "法定代表人(负责人)", "负责人", "经营者", "法人", "法人代表", "法定代表人姓名", "legal representative")),
        Field("phone", ("联系电话", "电话", "手机", "手机号码", "联系方式", "telephone", "phone")),
        Field("established_on", ("成立日期", "注册日期", "登记日期", "核准日期", "成立时间", "established on"), is_date=True),
        Field("credit_class", ("信用风险等级", "信用风险分类", "信用等级", "风险等级", "credit-risk class", "credit class")),
    ),
    ("code", "name"),
)  # fmt: skip

INSPECTORS: Final = Layout(
    "inspectors",
    (
        Field("name", ("姓名", "执法人员姓名", "检查人员姓名", "name"), True),
        Field("department", ("所属部门", "执法部门", "单位", "部门", "department"), True),
        Field("certificate_no", ("执法证号", "执法证件号", "证件编号", "执法证编号", "certificate no"), True),
        Field("certificate_expires_on", ("有效期至", "证件有效期", "执法证有效期", "expires on"), True, is_date=True, may_be_open=True),
        Field("qualifications", ("岗位资质", "资质", "检查专长", "qualifications")),
        Field("counties", ("检查区域", "区县", "辖区", "执法区域", "counties")),
        Field("phone", ("联系电话", "电话", "手机", "phone")),
    ),
    ("certificate_no",),
)

PENALTIES: Final = Layout(
    "penalties",
    (
        Field("document_no", ("行政处罚决定书文号", "处罚决定书文号", "行政处罚决定文书号", "决定书文号", "CF_WSH"), True),
        Field("party", ("行政相对人名称", "相对人名称", "当事人名称", "CF_XDR_MC", "CF_XDR"), True),
        Field("code", ("行政相对人代码_1(统一社会信用代码)", "统一社会信用代码", "CF_XDR_SHXYM"), True),
        Field("title", ("案件名称", "处罚名称", "CF_CFMC", "CF_AJMC")),
        Field("category", ("处罚类别", "处罚类别1", "CF_CFLB", "CF_CFLB1")),
        Field("category_2", ("处罚类别2", "CF_CFLB2")),
        Field("facts", ("违法事实", "处罚事由", "违法行为类型", "CF_SY", "CF_WFSS")),
        Field("basis", ("处罚依据", "CF_YJ", "CF_CFYJ")),
        Field("result", ("处罚内容", "处罚结果", "CF_JG", "CF_NR")),
        Field("decided_on", ("处罚决定日期", "决定日期", "CF_JDRQ"), is_date=True),
        Field("authority", ("处罚机关", "处罚决定机关", "CF_XZJG", "CF_CFJG")),
        Field("state", ("当前状态", "CF_ZT")),
        Field("region", ("地方编码", "DFBM")),
        Field("remark", ("备注", "BZ")),
        Field("as_of", ("数据时间戳", "时间戳", "数据更新时间", "SJC"), is_date=True),
    ),
    ("document_no",),
)

PERMITS: Final = Layout(
    "permits",
    (
        Field("document_no", ("行政许可决定书文号", "许可决定书文号", "行政许可决定文书号", "许可编号", "XK_WSH"), True),
        Field("party", ("行政相对人名称", "相对人名称", "XK_XDR_MC", "XK_XDR"), True),
        Field("code", ("行政相对人代码_1(统一社会信用代码)", "统一社会信用代码", "XK_XDR_SHXYM"), True),
        Field("title", ("项目名称", "许可证书名称", "许可文件名称", "XK_XMMC", "XK_XKWS")),
        Field("category", ("审批类别", "许可类别", "XK_SPLB", "XK_XKLB")),
        Field("content", ("许可内容", "XK_NR")),
        Field("decided_on", ("许可决定日期", "决定日期", "XK_JDRQ"), is_date=True),
        Field("valid_to", ("许可截止期", "有效期至", "有效期截止", "XK_JZQ", "XK_YXQZ"), is_date=True, may_be_open=True),
        Field("authority", ("许可机关", "XK_XZJG", "XK_XKJG")),
        Field("state", ("当前状态", "XK_ZT")),
        Field("region", ("地方编码", "DFBM")),
        Field("remark", ("备注", "BZ")),
        Field("as_of", ("数据时间戳", "时间戳", "数据更新时间", "SJC"), is_date=True),
    ),
    ("document_no",),
)

LAYOUTS: Final[Mapping[str, Layout]] = {layout.name: layout for layout in (REGISTER, PENALTIES, PERMITS)}
"""The kinds of file that can be imported, by name."""


def clean_cell(text: str) -> str:
    """``text`` without invisible marks, control characters and outer blanks (a tab keeps Excel from eating long codes).

    Undoes ``="0012"`` and the apostrophe of ``escape_cell``; ID-card numbers are masked before anything stores them.
    """
    text = _visible(text)
    quoted = _QUOTED_TEXT.fullmatch(text)
    if quoted:
        text = _visible(quoted[1].replace('""', '"'))
    elif _ESCAPED.match(text):
        text = text[1:]
    return mask_id_cards(text) if len(text) >= 18 else text


def _visible(text: str) -> str:
    if text.isprintable():
        return text.strip()  # nearly every cell; invisible marks are not printable
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Private-use and unassigned characters stay: rare characters of names are found there.
    return "".join(
        c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cf", "Cs") and c not in "\ufffe\uffff")
    ).strip()


def escape_cell(text: str) -> str:
    """``text`` so that no spreadsheet runs it as a formula; ``clean_cell`` undoes it."""
    return f"'{text}" if _FORMULA.match(text) else text


def number_text(value: float) -> str:
    """A number cell as text: whole numbers without ``.0``; from 10^15 on in scientific form, for digits are lost there."""
    if abs(value) >= 1e15:
        mantissa, exponent = f"{value:.14E}".split("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    return str(int(value)) if value == int(value) else repr(value)


def is_digit_lossy(text: str) -> bool:
    """Whether a long number went through floating point (``9.1530300579828E+17``): its last digits cannot be known."""
    return bool(_LOSSY.fullmatch(text.strip()))


def split_values(text: str) -> list[str]:
    """The values of a cell that holds several: ``"食品，药品;特种设备"`` -> three."""
    return [part for part in (p.strip() for p in re.split(r"[,，、;；|\n]", text)) if part]


def header_key(header: str) -> str:
    """``"＊行政相对人代码－1（统一社会信用代码） "`` -> ``"行政相对人代码_1(统一社会信用代码)"``: half width, lower case, ``-`` as ``_``."""
    key = unicodedata.normalize("NFKC", header).lower()
    key = re.sub(r"\((?:必填|选填|非必填|文本|格式[^)]*|如[^)]*|yyyy[^)]*)\)", "", key)
    key = re.sub(r"[\s*★●:：\"'“”.]", "", key)
    return re.sub(r"[-－—–]", "_", key)


_ERROR_KEYS = {header_key(header) for header in ERROR_HEADERS}


def _candidates(header: str) -> list[str]:
    """The header itself, without its bracket, the bracket's content: in that order of trust."""
    key = header_key(header)
    inner = re.findall(r"\(([^()]*)\)", key)
    return [key, re.sub(r"\([^()]*\)", "", key), *inner]


def map_columns(headers: Sequence[str], layout: Layout) -> list[Column]:
    """One ``Column`` per header. Several columns may feed one field (注册号 beside 统一社会信用代码): the lowest rank wins."""
    aliases: dict[str, tuple[str, int]] = {}
    for field in layout.fields:
        for rank, alias in enumerate((*field.aliases, field.name)):
            aliases.setdefault(header_key(alias), (field.name, rank))
    columns = []
    for index, header in enumerate(headers):
        fits = [(aliases[key], place) for place, key in enumerate(_candidates(header)) if key in aliases]
        if fits and not is_error_header(header):
            (field_name, rank), place = fits[0]
            columns.append(Column(index, header, field_name, rank + 100 * place))
        else:
            columns.append(Column(index, header, None))
    return columns


def rank_columns(named: Sequence[tuple[str, str | None]], layout: Layout) -> list[Column]:
    """Columns whose fields are settled, with the rank of the title that would have been found: it decides between two that feed one field."""
    ranks = {c.index: c.rank for c in map_columns([header for header, _ in named], layout)}
    return [Column(i, header, field, ranks[i]) for i, (header, field) in enumerate(named)]


def recall_columns(headers: Sequence[str], remembered: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns as a person once named them, by title: the order may have changed."""
    fields = {header_key(c["header"]): c["field"] for c in remembered}
    return [Column(i, header, None if is_error_header(header) else fields.get(header_key(header))) for i, header in enumerate(headers)]


HIDDEN: Final = "********"
"""What stands for a cell that is nobody's business."""
_ID_COLUMN: Final = re.compile(r"身份证|代码_5|sfz|id_?card")
_PERHAPS_ID_COLUMN: Final = re.compile(r"证件号|zjhm")


def is_private(header: str, field: str | None) -> bool:
    """Whether a column holds ID-card numbers, which are never kept; one of doubtful title only where no field takes it."""
    key = header_key(header)
    return bool(_ID_COLUMN.search(key)) or (field is None and bool(_PERHAPS_ID_COLUMN.search(key)))


def titles_of(layout: str) -> Mapping[str, Label]:
    """The fields of a layout with their names for people."""
    return FIELDS if layout == REGISTER.name else FACT_FIELDS[layout]


def is_error_header(header: str) -> bool:
    return header_key(header) in _ERROR_KEYS


def find_header(rows: Sequence[Sequence[str]], layout: Layout) -> int | None:
    """Index of the header row among the first ``rows``: the one that names most fields, at least two and one anchor.

    A merged title, an instruction above and a sample row below name fewer fields than the header does.
    """
    best, most = None, 1
    for index, row in enumerate(rows):
        named = {c.field for c in map_columns(row, layout) if c.field}
        if len(named) > most and named & set(layout.anchors):
            best, most = index, len(named)
    return best


def row_to_skip(cells: Sequence[str]) -> str | None:
    """Why a row below the header holds no data: ``blank``, ``sample`` 案例(请删除), ``note`` 填写说明; None if it is data."""
    filled = [c for c in cells if c]
    if not filled:
        return "blank"
    if any("请删除" in c or _SAMPLE.fullmatch(unicodedata.normalize("NFKC", c)) for c in filled if len(c) <= 30):
        return "sample"
    if all(unicodedata.normalize("NFKC", c).strip("()[]*") in _HINTS for c in filled):
        return "note"
    if len(set(filled)) == 1 and _NOTE.fullmatch(unicodedata.normalize("NFKC", filled[0])):
        return "note"
    return None


def to_fields(cells: Sequence[str], columns: Sequence[Column], layout: Layout) -> Mapping[str, str]:
    """The row by field name: the first filled column of each field; dates as ``2014-03-05``, an open end as ``""``.

    What cannot be read as a date stays as it is, so that the row check can show it.
    """
    values: dict[str, str] = {}
    for column in sorted((c for c in columns if c.field), key=lambda c: (c.rank, c.index)):
        assert column.field
        text = cells[column.index] if column.index < len(cells) else ""
        if values.get(column.field):
            continue
        field = layout.field(column.field)
        if field.is_date and text:
            day = read_date(text)
            text = "" if field.may_be_open and is_open_end(text) else day.isoformat() if day else text
        values[column.field] = text
    return values
