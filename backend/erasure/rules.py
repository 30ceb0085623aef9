"""What may be asked to be erased, and who decides. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from backend.kernel.errors import Conflict, Forbidden, Invalid

# What holds personal data that nobody is bound by law to keep for ever. The words for it, zh and en.
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "objection": ("异议（异议人、联系方式、理由、附件）", "Objection (who objects, contact, grounds, files)"),
    "tip": ("投诉举报（内容、联系方式、照片）", "Complaint or tip (words, contact, photos)"),
    "correction": ("整改材料（说明、照片）", "What was handed in for an order to correct (note, photos)"),
}
ASKED, ERASED, REFUSED = "asked", "erased", "refused"
STATES: Final[Mapping[str, tuple[str, str]]] = {
    ASKED: ("待第二人决定", "Waits for a second person"),
    ERASED: ("已删除", "Erased"),
    REFUSED: ("不予删除", "Refused"),
}
ON_REQUEST: Final = "个人信息保护法第四十七条：依申请删除"
AT_THE_END: Final = "个人信息保护法第四十七条：保存期限届满"
# As they stand with what was erased; the words for people, zh and en.
GROUNDS: Final[Mapping[str, tuple[str, str]]] = {
    ON_REQUEST: (ON_REQUEST, "Personal Information Protection Law, Art. 47: on request"),
    AT_THE_END: (AT_THE_END, "Personal Information Protection Law, Art. 47: the time for which it is kept is over"),
}


class AlreadyAsked(Conflict):
    code = "already-asked"
    zh = "这一事项已有一条待决定的删除申请"
    en = "There is a request for this matter that nobody has decided on yet"


class AlreadyDecided(Conflict):
    code = "already-decided"
    zh = "这条申请已经决定"
    en = "This request was decided on already"


class SamePerson(Forbidden):
    code = "same-person"
    zh = "须由另一人决定"
    en = "Another person must decide"


def check_request(kind: str, ground: str) -> None:
    """Raises ``Invalid``."""
    if kind not in KINDS:
        raise Invalid(field="kind", why_zh="没有这一类", why_en="there is no such kind")
    if not 2 <= len(ground.strip()) <= 300:
        raise Invalid(field="ground", why_zh="请填写依据，最多 300 字", why_en="give the ground, in at most 300 characters")


def require_another(asked_by: UUID, decides: UUID) -> None:
    if asked_by == decides:
        raise SamePerson()
