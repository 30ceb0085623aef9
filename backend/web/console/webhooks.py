"""数据推送: partners' addresses that are told of public events, and what became of each delivery."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.ids import new_id
from backend.people.rules import ADMIN
from backend.usecases import push_changes
from backend.usecases.push_changes import NAMES
from backend.web.console import labels
from backend.web.console.case import read_id
from backend.web.console.editing import read_number
from backend.web.shared.i18n import _, get_locale, words
from backend.web.shared.pages import page
from backend.webhooks import queries
from backend.webhooks.rules import ENDED, LIVE, OVERLAPS, PAUSED, TEST

ADMINS = {"access": frozenset({ADMIN})}
MOVES = {"pause": PAUSED, "resume": LIVE, "remove": ENDED}


def _states() -> dict[str, tuple[str, str]]:
    return {"live": (_("推送中"), "good"), "paused": (_("已暂停"), "warn"), "ended": (_("已移除"), "")}


def _delivery_states() -> dict[str, tuple[str, str]]:
    return {"waiting": (_("待发送"), "accent"), "sent": (_("已送达"), "good"), "failed": (_("稍后重试"), "warn"), "dead": (_("未送达"), "bad")}


def _events() -> dict[str, str]:
    return words(NAMES) | {TEST: _("测试消息")}


async def _list(*, error: str = "", typed: dict[str, Any] | None = None, secret: str = "", status: int = 200) -> Template:
    return page(
        "console/webhooks.html",
        status_code=status,
        headers={"cache-control": "no-store"},
        hooks=await queries.list_webhooks(),
        states=_states(),
        events=_events(),
        offered=list(NAMES),
        error=error,
        typed=typed or {},
        secret=secret,
        form_id=(typed or {}).get("id") or str(new_id()),
        why=labels.in_one_language,
    )


@get("/webhooks", opt=ADMINS)
async def list_webhooks() -> Template:
    return await _list()


@post("/webhooks", opt=ADMINS, status_code=200)
async def add_webhook(request: Request[Any, Any, Any]) -> Template | Redirect:
    """The secret stands on this answer and nowhere else; the same form sent again shows the list without it."""
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("id", "name", "address")} | {"events": [str(e) for e in form.getall("events", [])]}
    try:
        webhook = UUID(str(typed["id"]))
    except ValueError:
        webhook = new_id()
    try:
        secret = await push_changes.add_webhook(webhook, str(typed["name"]), str(typed["address"]), list(typed["events"]), by=request.user)
    except DomainError as e:
        return await _list(error=e.message(get_locale()), typed=typed, status=e.status)
    return await _list(secret=secret) if secret else Redirect("/console/webhooks", status_code=303)


def _overlaps() -> list[tuple[int, str]]:
    return [(n, _("旧密钥再用 %(n)s 天", n=n) if n else _("旧密钥立即停用（已泄露时）")) for n in sorted(OVERLAPS, key=lambda n: (n != 7, n))]


async def _show(webhook: UUID, *, before: UUID | None = None, error: str = "", said: str = "", secret: str = "", status: int = 200) -> Template:
    rows = await queries.list_deliveries(webhook, before=before)
    return page(
        "console/webhook.html",
        status_code=status,
        headers={"cache-control": "no-store"},
        secret=secret,
        overlaps=_overlaps(),
        form_id=uuid4(),
        now=clock.now(),
        hook=await queries.find_webhook(webhook),
        rows=rows,
        next_href=f"/console/webhooks/{webhook}?before={rows[-1].id}" if len(rows) == queries.PAGE else None,
        states=_states(),
        delivery_states=_delivery_states(),
        events=_events(),
        error=error,
        said=said,
        why=labels.in_one_language,
    )


@get("/webhooks/{webhook:uuid}", opt=ADMINS)
async def show_webhook(webhook: FromPath[UUID], before: FromQuery[UUID | None] = None) -> Template:
    return await _show(webhook, before=before)


@post("/webhooks/{webhook:uuid}/test", opt=ADMINS, status_code=200)
async def test_webhook(request: Request[Any, Any, Any], webhook: FromPath[UUID]) -> Template:
    _status, wrong = await push_changes.test_webhook(webhook, by=request.user)
    if not wrong:
        return await _show(webhook, said=_("测试消息已送达。"))
    return await _show(webhook, error=_("测试消息没有送达：%(why)s", why=labels.in_one_language(wrong)), status=502)


@post("/webhooks/{webhook:uuid}/rotate", opt=ADMINS, status_code=200)
async def rotate_secret(request: Request[Any, Any, Any], webhook: FromPath[UUID]) -> Template | Redirect:
    """The new secret stands on this answer and nowhere else; the same form sent again shows the page without it."""
    form = await request.form()
    try:
        days = read_number(form.get("overlap"), "overlap", 0, 400)
        secret = await push_changes.rotate_secret(webhook, read_id(form.get("id")), overlap_days=days, by=request.user)
    except DomainError as e:
        if e.status == 404:
            raise
        return await _show(webhook, error=e.message(get_locale()), status=e.status)
    return await _show(webhook, secret=secret) if secret else Redirect(f"/console/webhooks/{webhook}", status_code=303)


@post("/webhooks/{webhook:uuid}/end-old-secret", opt=ADMINS, status_code=303)
async def end_old_secret(request: Request[Any, Any, Any], webhook: FromPath[UUID]) -> Redirect:
    await push_changes.end_old_secret(webhook, by=request.user)
    return Redirect(f"/console/webhooks/{webhook}", status_code=303)


@post("/webhooks/{webhook:uuid}/{move:str}", opt=ADMINS, status_code=303)
async def move_webhook(request: Request[Any, Any, Any], webhook: FromPath[UUID], move: FromPath[str]) -> Redirect | Template:
    if move not in MOVES:
        return await _show(webhook, error=_("此处不支持该操作"), status=404)
    try:
        await push_changes.move_webhook(webhook, MOVES[move], by=request.user)
    except DomainError as e:
        if e.status != 409:
            raise
        return await _show(webhook, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/webhooks/{webhook}", status_code=303)


@post("/webhooks/{webhook:uuid}/deliveries/{delivery:uuid}/again", opt=ADMINS, status_code=303)
async def send_again(request: Request[Any, Any, Any], webhook: FromPath[UUID], delivery: FromPath[UUID]) -> Redirect:
    await push_changes.send_again(delivery, by=request.user)
    return Redirect(f"/console/webhooks/{webhook}", status_code=303)


HANDLERS = [list_webhooks, add_webhook, show_webhook, test_webhook, rotate_secret, end_old_secret, send_again, move_webhook]
