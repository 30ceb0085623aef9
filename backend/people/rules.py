"""Roles, and what makes an officer fit to be drawn. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
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

SESSION_LIFETIME = timedelta(hours=12)
FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ADDRESS = 30
WINDOW = timedelta(minutes=10)


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

    @property
    def scope(self) -> Scope:
        return Scope(department=None if self.role in ALL_DEPARTMENTS else self.department or "-", region=self.region)


def is_fit(is_valid: bool, certificate_expires_on: date, on: date) -> bool:
    """行政处罚法 42: only an officer with a certificate in date inspects."""
    return is_valid and certificate_expires_on >= on


def weakness(password: str, username: str) -> str | None:
    """Why a password is refused (OWASP ASVS 5, 6.2: length over composition): ``short`` | ``name`` | ``repeated``, or None."""
    if len(password) < 10:
        return "short"
    if username.lower() in password.lower():
        return "name"
    if re.fullmatch(r"(.)\1+", password):
        return "repeated"
    return None
