"""The one place where what went wrong becomes a status and a page.

JSON for ``/field/api``, ``*.json`` and callers that ask for it (RFC 9457 problem details); a small toast
for htmx; a page for everyone else. An unknown failure is logged and tells the visitor only its number.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from backend.kernel import logs
from backend.kernel.errors import DomainError
from backend.storage.away import explain
from backend.web.shared.access import MustAddFactor, MustChangePassword, NotSignedIn
from backend.web.shared.i18n import _, get_locale, set_locale
from backend.web.shared.pages import page
from backend.web.shared.session import is_my, language_of

log = structlog.get_logger()


def wants_json(request: Request[Any, Any, Any]) -> bool:
    path = request.scope["path"]
    if path.startswith(("/field/api", "/api/")) or path.endswith((".json", ".ndjson")):
        return True
    return "text/html" not in request.headers.get("accept", "text/html") and "json" in request.headers.get("accept", "")


def problem(status: int, code: str, title: str, **extra: Any) -> Response[Any]:
    return Response(
        {"type": f"about:blank#{code}", "title": title, "status": status, "code": code, **extra},
        status_code=status,
        media_type="application/problem+json",
    )


def _answer(request: Request[Any, Any, Any], status: int, code: str, text: str, **extra: Any) -> Response[Any]:
    wait = {"Retry-After": str(extra["retry_after_s"])} if "retry_after_s" in extra else {}
    if wants_json(request):
        answer = problem(status, code, text, **extra)
        answer.headers.update(wait)
        return answer
    name = "shared/_toast.html" if request.headers.get("hx-request") else "shared/error.html"
    headers = {"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"} if request.headers.get("hx-request") else {}
    return page(name, status_code=status, headers=headers | wait, status=status, code=code, text=text)


def on_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[Any]:
    if isinstance(error, NotSignedIn) and not wants_json(request):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        home = "/my" if is_my(request.url.path) else "/console"
        to = f"{home}/login?next=" + quote(target if request.method == "GET" else home, safe="")
        if request.headers.get("hx-request"):
            return Response("", status_code=204, headers={"HX-Redirect": to})
        return Redirect(to, status_code=303)
    if isinstance(error, MustChangePassword | MustAddFactor) and not wants_json(request):
        to = "/console/me" if isinstance(error, MustChangePassword) else "/console/me/factor"
        if request.headers.get("hx-request"):
            return Response("", status_code=204, headers={"HX-Redirect": to})
        return Redirect(to, status_code=303)
    extra = {k: v for k, v in error.fields.items() if isinstance(v, str | int | list | dict | bool | None)}
    return _answer(request, error.status, error.code, error.message(get_locale()), **extra)


def _limit_of(request: Request[Any, Any, Any]) -> int:
    """How many bytes the route takes, 0 where the address has none."""
    handler = request.scope.get("route_handler")
    return (handler.resolve_request_max_body_size() or 0) if isinstance(handler, HTTPRouteHandler) else 0


def _size(n: int) -> str:
    return f"{n >> 20} MB" if n >= 1 << 20 else f"{n >> 10} KB"


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    set_locale(language_of(request))  # no middleware has seen an address that no route has
    texts = {
        400: _("请求无法理解"),
        403: _("您没有此项权限，或页面已过期，请刷新后重试"),
        404: _("未找到该页面"),
        405: _("此处不支持该操作"),
        408: _("等待过久，请检查网络后重试"),
        413: _("提交的内容超过 %(size)s，未能接收。请返回上一页删减后再提交，已填写的内容仍在", size=_size(_limit_of(request))),
        429: _("请求过于频繁，请稍后再试"),
    }
    answer = _answer(request, error.status_code, f"http-{error.status_code}", texts.get(error.status_code, _("请求无法理解")))
    answer.headers.update(error.headers or {})  # of 405: what is allowed here
    return answer


# The database's words for a value that it cannot hold (SQLSTATE class 22): a NUL in a form, a number beyond 64 bits.
NOT_A_VALUE = frozenset({"22000", "22003", "22021", "22P05"})


def on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The number that the visitor is told is the request's in the log. What is away for a while is said to be that."""
    number = logs.request_id() or logs.new_request_id()
    if (away := explain(error)) is not None:
        log.warning("request.unavailable", code=away.code, error=error)
        answer = _answer(request, away.status, away.code, away.message(get_locale()), number=number)
        answer.headers["retry-after"] = "5"
        return answer
    if getattr(error, "sqlstate", None) in NOT_A_VALUE or isinstance(error, UnicodeError | RecursionError):
        log.warning("request.unreadable", number=number, error=type(error).__name__)
        return _answer(request, 400, "http-400", _("请求无法理解"))
    log.error("request.failed", number=number, route=request.scope.get("path_template", ""), exc_info=error)
    try:
        return _answer(request, 500, "failure", _("系统出错，请稍后再试（编号 %(number)s）", number=number), number=number)
    except Exception:  # noqa: BLE001 - the error page itself failed: say so plainly rather than hang up
        return Response(f"500 {number}", status_code=500, media_type=MediaType.TEXT)


HANDLERS: dict[Any, Any] = {DomainError: on_domain_error, HTTPException: on_http_error, Exception: on_failure}
