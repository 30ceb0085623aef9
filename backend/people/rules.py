"""Roles, what makes an officer fit to be drawn, and which phone may hand in what. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from backend.kernel.scope import Scope

ADMIN, MANAGER, REVIEWER, INSPECTOR, AUDITOR = "admin", "manager", "reviewer", "inspector", "auditor"
ROLES = {
    ADMIN: ("系统管理员", "Administrator"),
    MANAGER: ("任务管理员", "Campaign manager"),
    REVIEWER: ("审核员", "Reviewer"),
    INSPECTOR: ("执法检查人员", "Inspector"),
    AUDITOR: ("监督审计员", "Auditor"),
}
# Who looks over the whole city, whatever their department.
ALL_DEPARTMENTS = frozenset({ADMIN, AUDITOR})
# Who works on a phone alone: its own lock, its signing key and its loss report stand beside the password (ADR 13).
PHONE_ONLY = frozenset({INSPECTOR})
FACTOR_OPTIONAL, FACTOR_REQUIRED = "optional", "required"
CLASS_READERS = frozenset({ADMIN, MANAGER, AUDITOR})

SESSION_LIFETIME = timedelta(hours=12)
# Without a request for so long a session is over. A phone works on without a line for a whole day's visits, behind its own lock.
IDLE = {INSPECTOR: SESSION_LIFETIME}
IDLE_OFFICE = timedelta(hours=1)
FRESH = timedelta(minutes=10)  # how long a proof of who one is counts for changing how one signs in
SEEN_EVERY = timedelta(minutes=1)  # how often a session's use is written down
FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ADDRESS = 30
WINDOW = timedelta(minutes=10)
CHALLENGE_LIFETIME = timedelta(minutes=5)
PASSKEYS_PER_ACCOUNT = 20
# How often a phone's last contact is written down.
CONTACT_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a request."""

    account_id: UUID
    username: str
    name: str
    role: str
    department: str | None
    region: str
    inspector_id: UUID | None
    device: UUID | None = None  # the phone that this session is on, once it has named itself
    must_change: bool = False  # the password is one that somebody else chose: nothing else is done before it is changed
    seen_at: datetime | None = None  # when this session was last used, to the minute
    has_factor: bool = False  # the password alone opens nothing
    lacks_factor: bool = False  # must have a second factor and has none: nothing else is done before it is set up

    @property
    def sees_class(self) -> bool:
        """Whether the credit-risk class is this person's business: who plans rates and who looks over them, not who judges a record."""
        return self.role in CLASS_READERS

    @property
    def scope(self) -> Scope:
        return Scope(department=None if self.role in ALL_DEPARTMENTS else self.department or "-", region=self.region)


def must_have_factor(role: str, setting: str) -> bool:
    """OWASP ASVS 5.0, 6.3.3. ``setting``: FACTOR_OPTIONAL or FACTOR_REQUIRED."""
    return setting == FACTOR_REQUIRED and role not in PHONE_ONLY


def is_fit(is_valid: bool, certificate_expires_on: date, on: date) -> bool:
    """行政处罚法 42: only an officer with a certificate in date inspects."""
    return is_valid and certificate_expires_on >= on


def idle_of(role: str) -> timedelta:
    return IDLE.get(role, IDLE_OFFICE)


@dataclass(frozen=True, slots=True)
class Key:
    """One phone's signing key as its owner's account knows it."""

    account: UUID
    enrolled_at: datetime
    revoked_at: datetime | None


def may_hand_in(signing: Key, by: Key | None) -> bool:
    """Whether a record under the key ``signing`` is taken from a session on the phone ``by`` (None: it has not named itself).

    A key in use signs for its own account. One that was reported lost may have been in a thief's hand ever since, so what it signed
    counts only when its owner brings it: on a phone of the same account that stands, and that was enrolled after the report.
    """
    if signing.revoked_at is None:
        return True
    return by is not None and by.account == signing.account and by.revoked_at is None and by.enrolled_at > signing.revoked_at


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks for a passkey (WebAuthn Level 3, 5.1.3 and 7): a domain, and the one origin whose pages may ask."""

    id: str
    origin: str


def relying_party(base_url: str) -> RelyingParty | None:
    """None where browsers give no passkey: an address without a name, or a page without https (but for localhost)."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return None
    if not host or (parts.scheme != "https" and host != "localhost"):
        return None
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    return RelyingParty(host, f"{parts.scheme}://{host}{port}")
