"""What a complaint or a tip needs, how it moves, which clock runs, and who may see it. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from backend.history.rules import check_dates, check_text
from backend.kernel import jcs
from backend.kernel.errors import Conflict, DomainError, Forbidden, Invalid
from backend.people.rules import AUDITOR, MANAGER, REVIEWER, Principal

ENTERPRISE, OFFICE = "enterprise", "office"  # whom it is about
COMPLAINT, TIP = "complaint", "tip"
TRACKS: Final = {COMPLAINT: ("投诉", "Complaint"), TIP: ("举报", "Tip")}
SUBJECTS: Final = {ENTERPRISE: ("企业", "An enterprise"), OFFICE: ("执法人员或部门", "An officer or a department")}
FILED, ACCEPTED, DECLINED, JOINED, CLOSED = "filed", "accepted", "declined", "joined", "closed"
STATES: Final = {
    FILED: ("待受理", "To be decided on"),
    ACCEPTED: ("办理中", "In hand"),
    DECLINED: ("不予受理", "Not accepted"),
    JOINED: ("已并案", "Joined to another"),
    CLOSED: ("已办结", "Closed"),
}
RUNNING: Final = frozenset({FILED, ACCEPTED})
# (track, state) -> the clock that runs, of deadlines.rules.
CLOCKS: Final = {(COMPLAINT, FILED): "tip_accept", (TIP, FILED): "tip_check", (COMPLAINT, ACCEPTED): "tip_settle", (TIP, ACCEPTED): "tip_case"}
# The time to check a tip may be made longer once: the clock that runs from then on, from the same day.
LONGER: Final = {"tip_check": "tip_check_long"}
PREFIXES: Final = {COMPLAINT: "TS", TIP: "JB"}

ERASED: Final = "（已依法删除）"  # stands where the words were
SHORTEST, LONGEST, LONGEST_MESSAGE = 10, 4000, 2000
MOST_PHOTOS: Final = 4
MOST_MESSAGES: Final = 20  # that a citizen adds to one matter
CODE_CHARACTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
CODE_LENGTH: Final = 16  # 79 bits


class TipMoved(Conflict):
    code = "tip-moved"
    zh = "您办理期间，此件已被他人处理。下面是现在的情况，您填写的内容仍在表单中"
    en = "A colleague has handled this meanwhile. Below is how it stands; what you typed is still in the form"


class NotOpen(DomainError):
    code = "tip-not-open"
    status = 409
    zh = "此件当前状态（{state_zh}）不能进行此操作"
    en = "This cannot be done while it is in this state: {state_en}"


class NotExtendable(DomainError):
    """市场监督管理行政处罚程序规定 18: in special cases, with the head's approval, once and while the time runs."""

    code = "tip-not-extendable"
    status = 409
    zh = "核查期限只能在期满之前延长一次"
    en = "The time to check a tip can be made longer once, and only before it is over"


class NoSuchCode(DomainError):
    """One answer for a code that never was and for one that is wrong by a letter."""

    code = "no-such-code"
    status = 404
    zh = "没有这个查询码，请核对后重试"
    en = "There is no such code: please check it"


@dataclass(frozen=True, slots=True)
class Category:
    """``department``: who gets its matters at first; None: the oversight office hands them out, or keeps what is about officers."""

    code: str
    subject: str
    track: str
    zh: str
    en: str
    department: str | None


@dataclass(frozen=True, slots=True)
class Filing:
    """What a citizen writes. ``enterprise``: of the register, where the code or the door's QR said so. ``name``, ``phone``: empty when anonymous."""

    category: str
    enterprise: UUID | None
    enterprise_code: str
    enterprise_name: str
    accused: str
    county: str
    place: str
    text: str
    name: str
    phone: str

    @property
    def is_anonymous(self) -> bool:
        return not self.name and not self.phone


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose matters a person sees: one department's (None: all) in a region, and whether those about officers and departments."""

    department: str | None
    region: str
    office: bool


def sight_of(who: Principal) -> Sight:
    """The oversight office looks over all and alone sees what is about officers; a manager or reviewer sees the own department's enterprises.

    Raises ``Forbidden`` for everybody else: an administrator keeps accounts, an officer inspects.
    """
    if who.role == AUDITOR:
        return Sight(None, who.region, office=True)
    if who.role in (MANAGER, REVIEWER) and who.department:
        return Sight(who.department, who.region, office=False)
    raise Forbidden()


def may_handle(who: Principal, subject: str, department: str | None) -> bool:
    """Who decides and answers: the department that has it, or the oversight office where it is about officers."""
    if subject == OFFICE:
        return who.role == AUDITOR
    return who.role in (MANAGER, REVIEWER) and department is not None and who.department == department


def may_extend(who: Principal, subject: str, department: str | None) -> bool:
    """Whose approval makes the time to check longer: the head of the department that has it, or the oversight office for its own."""
    return who.role in (MANAGER, AUDITOR) and may_handle(who, subject, department)


def may_assign(who: Principal, subject: str, department: str | None) -> bool:
    """Who hands it to another department: the one that has it, by its manager, and the oversight office. What is about officers stays there."""
    if subject == OFFICE:
        return False
    return who.role == AUDITOR or (who.role == MANAGER and department is not None and who.department == department)


def _refuse(field: str, zh: str, en: str) -> None:
    raise Invalid(field=field, why_zh=zh, why_en=en)


def check_filing(filing: Filing, category: Category | None) -> Category:
    """The category that holds. Raises ``Invalid`` for the first field that cannot stand."""
    if category is None:
        raise Invalid(field="category", why_zh="请选择反映的问题", why_en="choose what it is about")
    if category.subject == ENTERPRISE and not filing.enterprise_name.strip():
        _refuse("enterprise_name", "请填写企业名称、招牌或统一社会信用代码", "give the enterprise's name, sign or code")
    if category.subject == OFFICE and not filing.accused.strip():
        _refuse("accused", "请填写执法人员姓名、证号，或部门名称", "give the officer's name or certificate, or the department")
    if not filing.county:
        _refuse("county", "请选择区县", "choose the county")
    if len(filing.text.strip()) < SHORTEST:
        _refuse("text", f"请写明时间、地点和经过，至少 {SHORTEST} 个字", f"say when, where and what happened, at least {SHORTEST} characters")
    for name, longest in (("text", LONGEST), ("place", 300), ("enterprise_name", 200), ("accused", 200), ("name", 60), ("phone", 60)):
        if len(getattr(filing, name)) > longest:
            _refuse(name, f"不超过 {longest} 个字", f"at most {longest} characters")
    if category.track == COMPLAINT and not (filing.name and filing.phone):
        _refuse("name", "请求调解的投诉须留姓名和联系电话；不愿具名的，请选择举报类问题", "mediation needs your name and phone; to stay anonymous choose a tip")
    if filing.name and not filing.phone:
        _refuse("phone", "请填写联系电话，或选择匿名", "give a phone number, or stay anonymous")
    return category


def content(filing: Filing, photos: list[str]) -> bytes:
    """The canonical bytes of a filing with the hashes of its photos as they are kept: what makes two filings the same."""
    about = {name: getattr(filing, name) for name in Filing.__dataclass_fields__ if name != "enterprise"}
    return jcs.encode({**about, "enterprise": str(filing.enterprise or ""), "photos": photos})


def make_code(key: bytes, form: UUID) -> str:
    """The tracking code of a form, the same for a repeat: CODE_LENGTH characters, each with the same chance (to one part in 2^27)."""
    stream, code = b"", ""
    for n in range(CODE_LENGTH):
        if len(stream) < 4 * (n + 1):
            stream += hmac.new(key, form.bytes + bytes([n]), hashlib.sha256).digest()
        code += CODE_CHARACTERS[int.from_bytes(stream[4 * n : 4 * n + 4], "big") % len(CODE_CHARACTERS)]
    return code


def show_code(code: str) -> str:
    """``ABCD-EFGH-JKMN-PQRS``."""
    return "-".join(code[n : n + 4] for n in range(0, len(code), 4))


def read_code(text: str) -> str:
    """A code as people type it: in any case, with or without dashes. Raises ``NoSuchCode`` for what can be none."""
    code = "".join(c for c in text.upper() if c.isalnum())
    if len(code) != CODE_LENGTH or any(c not in CODE_CHARACTERS for c in code):
        raise NoSuchCode()
    return code


def hash_code(code: str) -> str:
    """What is stored. 79 bits of chance need no salt and no slow hash."""
    return hashlib.sha256(code.encode()).hexdigest()


def make_number(track: str, year: int, serial: int) -> str:
    """``JB-2026-000012``: without gaps or doubles within track and year."""
    return f"{PREFIXES[track]}-{year}-{serial:06d}"


def clock_of(track: str, state: str) -> str | None:
    return CLOCKS.get((track, state))


def require_state(state: str, *allowed: str) -> None:
    """Raise ``NotOpen`` unless the matter is in one of the states."""
    if state not in allowed:
        raise NotOpen(state_zh=STATES[state][0], state_en=STATES[state][1])


def check_words(text: str, field: str, *, shortest: int = 4) -> str:
    """Words as they are kept. Raises ``Invalid``."""
    text = text.strip()
    if len(text) < shortest:
        _refuse(field, "请填写内容", "write something")
    if len(text) > LONGEST_MESSAGE:
        _refuse(field, f"不超过 {LONGEST_MESSAGE} 个字", f"at most {LONGEST_MESSAGE} characters")
    return text


def check_category(code: str, values: Mapping[str, Any]) -> None:
    """Raises ``Invalid``."""
    if not (code.isascii() and code.replace("_", "").isalnum() and code.islower() and len(code) <= 20):
        _refuse("code", "须为 1 至 20 位小写字母、数字", "1 to 20 lower-case letters and digits")
    check_text(values, "zh", 80)
    check_text(values, "en", 120)
    check_text(values, "source", 200)
    if values["subject"] not in SUBJECTS:
        _refuse("subject", "请选择反映对象", "choose whom it is about")
    if values["track"] not in TRACKS:
        _refuse("track", "请选择投诉或举报", "choose complaint or tip")
    if values["subject"] == OFFICE and (values["track"] != TIP or values["department"]):
        _refuse("department", "反映执法人员或部门的，只能由督查室办理，按举报登记", "what is about officers is the oversight office's, as a tip")
    check_dates(values)
