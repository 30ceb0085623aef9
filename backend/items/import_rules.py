"""A spreadsheet of check items, row by row: what each would do to the item list, or what is wrong with it. Pure.

Proven by tests/rules/test_item_import.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from backend.items import item_rules
from backend.items.item_rules import CATEGORIES, FIELDS, METHODS, ItemDraft
from backend.kernel.errors import Invalid

NEW, CHANGED, SAME, BAD = "new", "changed", "same", "bad"
_CATEGORY_WORDS = {"一般": "general", "一般事项": "general", "重点": "key", "重点事项": "key"}
_METHOD_WORDS = {
    **dict.fromkeys(("实地", "现场", "现场检查", "实地核查"), "onsite"),
    **dict.fromkeys(("书面", "书面检查", "书面审查"), "documents"),
    **dict.fromkeys(("网络", "网络监测", "网络检查"), "online"),
    **dict.fromkeys(("检测", "检验", "抽样检测", "检验检测"), "testing"),
}
NAMES = {
    "code": ("事项编号", "code"),
    "name_zh": ("事项名称", "name in Chinese"),
    "name_en": ("英文名称", "name in English"),
    "category": ("事项类别", "category"),
    "legal_basis": ("检查依据", "legal basis"),
    "method": ("检查方式", "method"),
    "qualification": ("所需资质", "qualification"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """An item that is on the list already."""

    department: str
    is_ended: bool
    draft: ItemDraft


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: ``fields`` as they would be stored, and as read where the row is bad; ``zh``/``en``: what is wrong."""

    row_no: int
    code: str
    verdict: str
    fields: Mapping[str, Any]
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


def _word(text: str, words: Mapping[str, str], known: Mapping[str, tuple[str, str]]) -> str:
    text = text.strip()
    found = next((key for key, (zh, en) in known.items() if text in (key, zh) or text.lower() == en.lower()), None)
    return found or words.get(text, text)


def judge_rows(
    rows: Sequence[tuple[int, Mapping[str, str]]],
    known: Mapping[str, Known],
    *,
    department: str,
    qualifications: Mapping[str, str],
) -> list[Judged]:
    """``rows``: (number in the file, texts by field). ``qualifications``: what a cell may say -> code."""
    seen: dict[str, int] = {}
    found = []
    for row_no, texts in rows:
        judged = _judge(row_no, texts, known, department, qualifications)
        if judged.code and judged.code in seen:
            first = seen[judged.code]
            again = ((f"编号与第 {first} 行重复",), (f"row {first} has the same code",))
            judged = Judged(row_no, judged.code, BAD, judged.fields, (*judged.zh, *again[0]), (*judged.en, *again[1]))
        seen.setdefault(judged.code, row_no)
        found.append(judged)
    return found


def _judge(row_no: int, texts: Mapping[str, str], known: Mapping[str, Known], department: str, qualifications: Mapping[str, str]) -> Judged:
    code = texts.get("code", "").strip().upper()
    raw = {name: texts.get(name, "").strip() for name in FIELDS}
    qualification = raw["qualification"]
    before = known.get(code)
    draft = ItemDraft(
        name_zh=raw["name_zh"],
        # A file without an English column leaves the English name as it is, or for a new item says it in Chinese until somebody translates it.
        name_en=raw["name_en"] or (before.draft.name_en if before else raw["name_zh"]),
        category=_word(raw["category"], _CATEGORY_WORDS, CATEGORIES),
        legal_basis=raw["legal_basis"],
        method=_word(raw["method"], _METHOD_WORDS, METHODS),
        qualification=qualifications.get(qualification, qualification) if qualification else None,
    )
    zh, en = _faults(code, draft, set(qualifications.values()), raw)
    if before and before.department != department:
        zh, en = [*zh, "此编号属于其他部门"], [*en, "this code is another department's"]
    if before and before.is_ended:
        zh, en = [*zh, "此事项已停用"], [*en, "this item has ended"]
    if zh:
        return Judged(row_no, code, BAD, raw, tuple(zh), tuple(en))
    verdict = NEW if before is None else SAME if before.draft == draft else CHANGED
    return Judged(row_no, code, verdict, asdict(draft))


def _faults(code: str, draft: ItemDraft, qualifications: Collection[str], raw: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Every mistake of a row at once, so that a file need not be mended five times."""
    zh, en = [], []

    def note(e: Invalid, cell: str) -> None:
        name = str(e.fields["field"])
        said = f"“{cell}”" if cell else ""
        zh.append(f"{NAMES[name][0]}{said}：{e.fields['why_zh']}")
        en.append(f"{NAMES[name][1]}{f' {said}' if said else ''}: {e.fields['why_en']}")

    try:
        item_rules.check_code(code)
    except Invalid as e:
        note(e, code)
    # Each field is judged with the others right, for check_item stops at the first.
    right = ItemDraft("x", "x", "general", "x", "onsite", None)
    for name in FIELDS:
        try:
            item_rules.check_item(ItemDraft(**{**asdict(right), name: getattr(draft, name)}), qualifications)
        except Invalid as e:
            note(e, raw[name] if len(raw[name]) < 40 else "")
    return zh, en
