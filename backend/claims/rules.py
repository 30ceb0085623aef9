"""What a claim code is, who an enterprise's person is and what they may do. Pure.

A code is ``LLLLLL-SSSS-SSSS`` in Crockford's base 32 (no I, L, O, U): six characters by which it is found, which a stranger does not
know and so cannot wear out, and eight (40 bits) that prove it. Five wrong proofs end it: a guess succeeds once in 2^37.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.kernel.errors import Conflict, DomainError, Forbidden, Invalid

POST, SITE, INVITE = "post", "site", "invite"
KINDS: Final = {POST: ("邮寄", "By post"), SITE: ("现场交付", "On site"), INVITE: ("负责人邀请", "By the owner")}
# Which row of the table of retention says for how many days an unused code lives.
KEPT_AS: Final = {POST: "claim_post", SITE: "claim_site", INVITE: "claim_invite"}
REVOKED, REPLACED, TRIES = "revoked", "replaced", "tries"
ENDINGS: Final = {REVOKED: ("已撤销", "Revoked"), REPLACED: ("已被新码取代", "Replaced by a new one"), TRIES: ("输错次数过多", "Too many wrong tries")}
MOST_TRIES: Final = 5
MOST_MEMBERS: Final = 20

REPLY, UPLOAD, OBJECT = "reply", "upload", "object"
RIGHTS: Final = {
    REPLY: ("在公示结果旁回应", "Reply beside results"),
    UPLOAD: ("提交整改材料", "Hand in proof of correction"),
    OBJECT: ("提出异议", "File objections"),
}
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OILU", "011V")
_LOCATOR, _PROOF = 6, 8
_PHONE = re.compile(r"\+?[0-9]{5,15}")


class BadCode(DomainError):
    code = "bad-claim-code"
    status = 422
    zh = "认领码不正确，或者已使用、已过期、已撤销。请核对后重试，或向检查机关索取新码"
    en = "The code is wrong, or was used, has expired or was revoked. Check it, or ask the authority for a new one"


class BadSignIn(DomainError):
    code = "bad-credentials"
    status = 401
    zh = "统一社会信用代码、手机号或密码不正确"
    en = "The enterprise's code, the telephone number or the password is wrong"


class NotArrived(Conflict):
    code = "not-arrived"
    zh = "服务器还没有收到这次检查的到场扫码；送达后即可交付认领码"
    en = "The server has not received the scan of your arrival yet; once it has, a claim code can be handed over"


class TooManyMembers(Conflict):
    code = "too-many-members"
    zh = "已有 {limit} 人，请先停用不再需要的"
    en = "There are {limit} people already: end one first"


class NoRight(Forbidden):
    code = "no-right"
    zh = "负责人没有授予您此项权限"
    en = "The owner has not given you this right"


@dataclass(frozen=True, slots=True)
class Member:
    """企业人员 The person of an enterprise behind a request. ``person`` and ``position`` as they gave them."""

    id: UUID
    enterprise: UUID
    code: str
    enterprise_name: str
    region: str
    person: str
    position: str
    is_owner: bool
    rights: frozenset[str]

    @property
    def role(self) -> str:
        return "enterprise"

    @property
    def account_id(self) -> UUID:
        return self.id

    @property
    def must_change(self) -> bool:
        """Nobody else ever chose this person's password."""
        return False

    @property
    def lacks_factor(self) -> bool:
        """A password opens one enterprise's own pages; nothing is decided there."""
        return False

    def may(self, right: str) -> bool:
        return self.is_owner or right in self.rights


def require_right(member: Member, right: str) -> None:
    if not member.may(right):
        raise NoRight()


def require_owner(member: Member) -> None:
    if not member.is_owner:
        raise NoRight()


def spell(locator: int, proof: int) -> str:
    """The code of a 30-bit locator and a 40-bit proof, as it is printed."""

    def digits(n: int, length: int) -> str:
        return "".join(ALPHABET[n >> 5 * i & 31] for i in reversed(range(length)))

    found, proven = digits(locator, _LOCATOR), digits(proof, _PROOF)
    return f"{found}-{proven[:4]}-{proven[4:]}"


def read_code(text: str) -> str:
    """What was typed, in the spelling of ``spell``: case, spaces, dashes and letters mistaken for digits do not matter. Raises ``BadCode``."""
    bare = re.sub(r"[\s\-‐–—－]", "", text).upper().translate(_READ_AS)
    if len(bare) != _LOCATOR + _PROOF or set(bare) - set(ALPHABET):
        raise BadCode()
    return f"{bare[:6]}-{bare[6:10]}-{bare[10:]}"


def locator_of(code: str) -> str:
    return code[:_LOCATOR]


def read_phone(text: str) -> str:
    """Digits, perhaps after a plus sign. Raises ``Invalid``."""
    bare = re.sub(r"[\s\-()（）]", "", text)
    if not _PHONE.fullmatch(bare):
        raise Invalid(field="phone", why_zh="请填写手机号", why_en="give a telephone number")
    return bare


def masked(phone: str) -> str:
    """``138****0001``"""
    return phone[:3] + "*" * max(0, len(phone) - 7) + phone[-4:] if len(phone) > 7 else "*" * len(phone)


def check_person(person: str, position: str) -> None:
    """Raise ``Invalid`` naming the first field that cannot stand."""
    if not 1 <= len(person.strip()) <= 60:
        raise Invalid(field="person", why_zh="请填写姓名（不超过 60 个字）", why_en="give your name, at most 60 characters")
    if not 1 <= len(position.strip()) <= 60:
        raise Invalid(field="position", why_zh="请填写职务（不超过 60 个字）", why_en="say what you are in the enterprise, at most 60 characters")


def check_rights(rights: Collection[str]) -> tuple[str, ...]:
    """In their order. Raises ``Invalid`` for one that there is not; none at all means: to read only."""
    if unknown := set(rights) - set(RIGHTS):
        raise Invalid(field="rights", why_zh=f"没有这项权限：{min(unknown)}", why_en=f"there is no right {min(unknown)}")
    return tuple(r for r in RIGHTS if r in rights)
