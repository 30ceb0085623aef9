"""Web Push (RFC 8030, encrypted by RFC 8291, signed by RFC 8292) and group robots, from the outbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import requests
from pywebpush import WebPushException, webpush

from backend.kernel import clock
from backend.kernel.settings import settings
from backend.notify import keys, queries, robot_rules, robots, rules, service
from backend.outbound import post
from backend.people.queries import list_departments
from backend.registry.queries import list_regions
from backend.storage import outbox

TTL_SECONDS = 24 * 3600
TIMEOUT_SECONDS = 10
GONE = frozenset({404, 410})
LONGEST_WAIT = timedelta(hours=1)


class PushFailed(outbox.Later):
    """The push service did not take it this time; the outbox tries again."""


def _session() -> requests.Session:
    """Goes where the subscription says, whose host was checked, and nowhere else: no redirects, no proxy from the environment."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    return session


async def push(payload: dict[str, Any]) -> None:
    """Send one alert to one browser. Idempotent enough: the tag lets a doubled alert replace itself. Raises ``PushFailed``."""
    entry, subscription = UUID(payload["entry"]), UUID(payload["subscription"])
    task = await queries.find_push_task(entry, subscription)
    if task is None:
        return
    rules.check_endpoint(task.endpoint, settings().push_hosts)
    title, body = rules.text_of(task.kind, task.params)
    at = f"/field/#/inspection/{task.inspection}" if task.inspection else "/field/"
    message = {"title": title, "body": body, "url": task.params.get("href", at), "tag": str(entry)}
    try:
        await asyncio.to_thread(
            webpush,
            {"endpoint": task.endpoint, "keys": {"p256dh": task.p256dh, "auth": task.auth}},
            json.dumps(message, ensure_ascii=False),
            vapid_private_key=keys.vapid(),
            vapid_claims={"sub": settings().vapid_subject},
            ttl=TTL_SECONDS,
            timeout=TIMEOUT_SECONDS,
            requests_session=_session(),
        )
    except WebPushException as e:
        status = e.response.status_code if e.response is not None else 0
        if status in GONE:
            await service.bury(subscription)
            await service.note_delivery(entry, subscription, "dead", str(status))
            return
        await service.note_delivery(entry, subscription, "failed", str(status or "no answer"))
        raise PushFailed(f"{status} {e.message}"[:300]) from e
    except OSError as e:  # requests' own errors: no connection, no answer in time
        await service.note_delivery(entry, subscription, "failed", type(e).__name__)
        raise PushFailed(type(e).__name__) from e
    await service.note_delivery(entry, subscription, "sent")


async def send(robot: robot_rules.Robot, department: str, items: Sequence[robot_rules.Item]) -> robot_rules.Answer:
    """One message to one group, now."""
    names = {d.code: d.name_zh for d in await list_departments()}
    counties = {r.code: r.name_zh for r in await list_regions()}
    text = robot_rules.compose(names.get(department, department), items, counties, f"{settings().base_url}/field/")
    robot_rules.check_host(robot.base, settings().webhook_hosts)  # the list may have shrunk since
    try:
        status, body = await post.post(*robot_rules.request_of(robot, text, round(clock.now().timestamp() * 1000)))
    except post.PostFailed as e:
        return robot_rules.Answer("later", f"连不上对方服务器（{e}）", f"the service cannot be reached ({e})")
    return robot_rules.read_answer(robot, status, body)


async def post_robot(payload: dict[str, Any]) -> None:
    """Tell a group everything that waits for it, in one message. A second job finds nothing left. Raises ``Later``."""
    robot_id = UUID(payload["robot"])
    batch = await robots.take_batch(robot_id)
    if batch is None:
        return
    now = clock.now()
    if batch.quiet_until is not None and batch.quiet_until > now:
        raise outbox.Later("the robot wants to be left alone", after=batch.quiet_until - now)
    try:
        answer = await send(batch.robot, batch.department, batch.items)
    except robot_rules.RobotRefused as e:
        answer = robot_rules.Answer("failed", e.message("zh"), e.message("en"))
    tries = batch.attempts + 1
    if answer.state == "later" and tries >= outbox.MAX_ATTEMPTS:
        answer = robot_rules.Answer("failed", f"已试 {tries} 次：{answer.why_zh}", f"tried {tries} times: {answer.why_en}")
    if answer.state != "later":
        await robots.note(robot_id, batch, answer)
        return
    wait = answer.after or min(robot_rules.FIRST_WAIT * 2**batch.attempts, LONGEST_WAIT)
    await robots.note(robot_id, batch, answer, quiet_until=now + wait)
    raise outbox.Later(answer.why_en, after=wait)
