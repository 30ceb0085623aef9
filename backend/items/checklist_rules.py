"""A checklist as an editor types it, as phones take it, and what is wrong with it. Pure.

A question on a phone: ``{"id", "zh", "en", "type", "law"}`` and what its type needs (backend/cli/demo/checkitems.py tells the keys; the
phone reads them in pwa/src/model/form.js). A typed question is the same in texts alone, so that a draft keeps whatever was typed.
Proven by tests/rules/test_checklist_rules.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from typing import Any, Final

TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "yes_no_na": ("是 / 否 / 不适用", "Yes / no / not applicable"),
    "number": ("数值", "Number"),
    "choice": ("单选", "Choice"),
    "text": ("文字", "Text"),
}
# The fields of a typed question, each a text.
TYPED: Final = (
    *("id", "type", "zh", "en", "law", "photo", "required", "unit", "min", "max", "options"),
    *("show_q", "show_is", "guide_zh", "guide_en", "phrases"),
)
MOST_QUESTIONS: Final = 100
LONGEST: Final = 300

Typed = dict[str, str]
Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands in the way of publishing. ``number``: the question from 1, 0 for the checklist itself; ``field``: of TYPED."""

    number: int
    field: str
    zh: str
    en: str


def empty(id_: str, kind: str = "yes_no_na") -> Typed:
    """A question to be written; a no asks for a photo until somebody says otherwise."""
    return dict.fromkeys(TYPED, "") | {"id": id_, "type": kind, "photo": "no" if kind == "yes_no_na" else ""}


def next_id(taken: Sequence[str]) -> str:
    """An id that no question has, nor had: answers in old records go by it."""
    numbers = [int(t[1:]) for t in taken if t[:1] == "q" and t[1:].isdigit() and t.isascii()]
    return f"q{max(numbers, default=0) + 1}"


def type_out(question: Mapping[str, Any]) -> Typed:
    """A published question as its editor shows it."""

    def text(value: object) -> str:
        return "" if value is None else str(value)

    guidance = question.get("guidance") or {}
    condition = question.get("show_if") or {}
    return {
        **{name: text(question.get(name)) for name in ("id", "type", "zh", "en", "law", "unit", "min", "max")},
        "photo": text(question.get("photo_required_when")),
        "required": "yes" if question.get("required") else "",
        "options": "\n".join(f"{o['value']} | {o['zh']} | {o['en']}" for o in question.get("options", [])),
        "show_q": text(condition.get("q")),
        "show_is": text(condition.get("is")),
        "guide_zh": text(guidance.get("zh")),
        "guide_en": text(guidance.get("en")),
        "phrases": "\n".join(f"{p['zh']} | {p['en']}" for p in question.get("suggestions", [])),
    }


def build(typed: Sequence[Mapping[str, str]]) -> tuple[list[Question], list[Problem]]:
    """(the questions as phones take them, what is wrong). With problems the questions serve a preview only."""
    questions: list[Question] = []
    problems: list[Problem] = []
    if not typed:
        problems.append(Problem(0, "", "至少要有一个问题", "at least one question is needed"))
    if len(typed) > MOST_QUESTIONS:
        problems.append(Problem(0, "", f"最多 {MOST_QUESTIONS} 个问题", f"{MOST_QUESTIONS} questions at most"))
    for number, t in enumerate(typed, 1):
        question, wrong = _build_one(t)
        wrong += _check_condition(question, questions)
        if t["id"] in {q["id"] for q in questions}:
            wrong.append(("id", "编号与前面的问题重复", "has the id of an earlier question"))
        questions.append(question)
        problems += [Problem(number, field, zh, en) for field, zh, en in wrong]
    return questions, problems


_Wrong = list[tuple[str, str, str]]


def _build_one(t: Mapping[str, str]) -> tuple[Question, _Wrong]:
    wrong: _Wrong = []
    kind = t["type"] if t["type"] in TYPES else "text"
    if kind != t["type"]:
        wrong.append(("type", "没有这种题型", "there is no such type"))
    for name, zh, en in (("zh", "请填写问题", "the question is missing"), ("en", "请填写英文问题", "the question in English is missing")):
        if not t[name]:
            wrong.append((name, zh, en))
    wrong += [(name, f"不超过 {LONGEST} 字", f"at most {LONGEST} characters") for name in ("zh", "en", "law", "guide_zh", "guide_en") if len(t[name]) > LONGEST]
    question: Question = {"id": t["id"], "zh": t["zh"], "en": t["en"], "type": kind, "law": t["law"]}
    if kind == "yes_no_na":
        question["photo_required_when"] = t["photo"] or None
        if t["photo"] not in ("", "no", "yes"):
            wrong.append(("photo", "没有这个选项", "there is no such choice"))
    elif kind == "number":
        _read_number(t, question, wrong)
    elif kind == "choice":
        _read_options(t, question, wrong)
    elif t["required"]:
        question["required"] = True
    if t["show_q"]:
        question["show_if"] = {"q": t["show_q"], "is": t["show_is"]}
    if t["guide_zh"] or t["guide_en"]:
        question["guidance"] = {"zh": t["guide_zh"], "en": t["guide_en"]}
        if not (t["guide_zh"] and t["guide_en"]):
            wrong.append(("guide_en" if t["guide_zh"] else "guide_zh", "检查方法须同时填写中文和英文", "how to look is needed in Chinese and in English"))
    phrases = [[part.strip() for part in line.split("|")] for line in t["phrases"].splitlines() if line.strip()]
    if bad := next((p for p in phrases if len(p) != 2 or not all(p)), None):
        wrong.append(("phrases", f"每行写“中文 | 英文”：{' | '.join(bad)}", f"each line is “Chinese | English”: {' | '.join(bad)}"))
    if good := [p for p in phrases if len(p) == 2]:
        question["suggestions"] = [{"zh": zh, "en": en} for zh, en in good]
    return question, wrong


def _plain(text: str) -> int | float | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= 10**9 or len(text) > 15:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _read_number(t: Mapping[str, str], question: Question, wrong: _Wrong) -> None:
    if not t["unit"] or len(t["unit"]) > 12:
        wrong.append(("unit", "请填写单位，不超过 12 字", "a unit of at most 12 characters is needed"))
    question["unit"] = t["unit"]
    for name in ("min", "max"):
        question[name] = _plain(t[name]) if t[name] else None
        if t[name] and question[name] is None:
            wrong.append((name, f"“{t[name]}”不是数字", f"“{t[name]}” is no number"))
    if question["min"] is not None and question["max"] is not None and question["min"] > question["max"]:
        wrong.append(("max", "上限低于下限", "the upper limit lies below the lower one"))


def _read_options(t: Mapping[str, str], question: Question, wrong: _Wrong) -> None:
    rows = [[part.strip() for part in line.split("|")] for line in t["options"].splitlines() if line.strip()]
    if bad := next((r for r in rows if len(r) != 3 or not all(r)), None):
        wrong.append(("options", f"每行写“代码 | 中文 | 英文”：{' | '.join(bad)}", f"each line is “code | Chinese | English”: {' | '.join(bad)}"))
    good = [r for r in rows if len(r) == 3]
    if len(good) < 2:
        wrong.append(("options", "至少两个选项", "at least two options are needed"))
    if len({r[0] for r in good}) < len(good):
        wrong.append(("options", "选项代码重复", "two options have the same code"))
    question["options"] = [{"value": value, "zh": zh, "en": en} for value, zh, en in good]


def _check_condition(question: Question, earlier: Sequence[Question]) -> _Wrong:
    """A condition names an earlier question and one of its answers: phones walk the list once."""
    condition = question.get("show_if")
    if condition is None:
        return []
    about = next((q for q in earlier if q["id"] == condition["q"]), None)
    if about is None:
        return [("show_q", "显示条件只能引用前面的问题", "the condition must name an earlier question")]
    answers = ["yes", "no", "na"] if about["type"] == "yes_no_na" else [o["value"] for o in about.get("options", [])]
    if condition["is"] not in answers:
        known = "、".join(answers) or "-"
        return [("show_is", f"该问题没有这个答案，可填：{known}", f"that question has no such answer; it has: {', '.join(answers) or '-'}")]
    return []


@dataclass(frozen=True, slots=True)
class Step:
    """One difference between two versions. ``what``: added | removed | changed | moved; ``fields``: (name of TYPED, before, after)."""

    what: str
    id: str
    before: int  # its number in the old version, 0 where it was not there
    after: int
    zh: str
    en: str
    fields: tuple[tuple[str, str, str], ...] = ()


def diff(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Step]:
    """What changed from ``old`` to ``new``, in the order of the new one, then what is gone. Questions are matched by id."""
    before = {q["id"]: (n, q) for n, q in enumerate(old, 1)}
    after = {q["id"]: (n, q) for n, q in enumerate(new, 1)}
    kept_old, kept_new = [i for i in before if i in after], [i for i in after if i in before]
    blocks = SequenceMatcher(None, kept_old, kept_new, autojunk=False).get_matching_blocks()
    stayed = {id_ for block in blocks for id_ in kept_old[block.a : block.a + block.size]}
    steps = []
    for id_, (n, q) in after.items():
        if id_ not in before:
            steps.append(Step("added", id_, 0, n, q["zh"], q["en"]))
            continue
        was, old_q = before[id_]
        a, b = type_out(old_q), type_out(q)
        fields = tuple((name, a[name], b[name]) for name in TYPED if a[name] != b[name])
        if fields:
            steps.append(Step("changed", id_, was, n, q["zh"], q["en"], fields))
        elif id_ not in stayed:
            steps.append(Step("moved", id_, was, n, q["zh"], q["en"]))
    steps += [Step("removed", id_, n, 0, q["zh"], q["en"]) for id_, (n, q) in before.items() if id_ not in after]
    return steps
