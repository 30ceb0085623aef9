"""Default deny: a route without an ``access`` mark is closed to everyone.

A face's router declares its roles once (``opt={"access": {...}}``); a handler may narrow or open it.
Proven by tests/house/test_access.py, which walks every route with every role and with nobody.
"""

from __future__ import annotations

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kernel.errors import DomainError, Forbidden
from backend.people.rules import ROLES

PUBLIC: Final = "public"
SIGNED_IN: Final = frozenset(ROLES)
# An enterprise's own people: no account of the office, and a cookie of their own (web/shared/session.py).
ENTERPRISE: Final = frozenset({"enterprise"})


class NotSignedIn(DomainError):
    code = "not-signed-in"
    status = 401
    zh = "请先登录"
    en = "Please sign in first"


class OtherAccount(DomainError):
    """Not the account that the page works for: it must stop and let nothing of one officer's get among another's."""

    code = "other-account"
    status = 401
    zh = "现在登录的是另一个账号"
    en = "Another account is signed in now"


class MustChangePassword(DomainError):
    """The password was given by somebody else: nothing is done before its owner has chosen one."""

    code = "must-change-password"
    status = 403
    zh = "请先更改初始密码"
    en = "Please choose a password of your own first"


class MustAddFactor(DomainError):
    """Whoever works in this office must have a second factor: nothing is done before it is set up."""

    code = "must-add-factor"
    status = 403
    zh = "请先设置第二验证"
    en = "Please set up a second factor first"


def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request through only where the route's ``access`` says so."""
    access = handler.opt.get("access")
    if access == PUBLIC:
        return
    user = connection.scope.get("user")
    if user is None:
        raise NotSignedIn()
    if not access or user.role not in access:
        raise Forbidden()
    if user.must_change:
        if not handler.opt.get("before_password"):
            raise MustChangePassword()
    elif user.lacks_factor and not handler.opt.get("before_factor"):
        raise MustAddFactor()
    # A phone's page names its account with each request: a sign-in in another tab changes the cookie under it.
    if connection.headers.get("x-account", str(user.account_id)) != str(user.account_id):
        raise OtherAccount()
