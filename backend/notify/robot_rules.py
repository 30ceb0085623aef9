"""Group robots 群机器人 of 企业微信 and 钉钉: their addresses, what they are told, what they answer. Pure.

企业微信 (developer.work.weixin.qq.com, 群机器人配置说明) and 钉钉 (open.dingtalk.com, 自定义机器人接入) both take a POST of JSON
``{"msgtype": "text", "text": {"content": ..}}`` and answer 200 with ``{"errcode": n, "errmsg": ".."}`` whatever happened; both
allow 20 messages a minute, after which 钉钉 is silent for ten. Proven by tests/rooms/test_robots.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from backend.kernel.errors import DomainError
from backend.outbound.rules import is_loopback

WECOM, DINGTALK = "wecom", "dingtalk"
KINDS = {WECOM: ("企业微信", "WeCom"), DINGTALK: ("钉钉", "DingTalk")}
# Path and the parameter that is the secret.
_PLACES = {"/cgi-bin/webhook/send": (WECOM, "key"), "/robot/send": (DINGTALK, "access_token")}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}")
_SECRET = re.compile(r"SEC[0-9a-zA-Z]{16,128}")
MAX_TEXT_BYTES = 2048  # 企业微信's limit for a text; 钉钉 takes 20,000
MAX_COUNTIES = 12

# Kinds of alert that a group is told of -> what is counted.
TOLD = {"inspection.dispatched": "新任务 {n} 户", "submission.returned": "退回修改 {n} 份"}
TEST = "test"
DIGEST = "digest"

FIRST_WAIT = timedelta(seconds=30)
# errcode -> how long to leave the robot alone before the next try.
_BUSY: dict[str, dict[int, timedelta]] = {
    WECOM: {-1: FIRST_WAIT, 45009: timedelta(seconds=60), 45033: FIRST_WAIT},
    DINGTALK: {-1: FIRST_WAIT, 130101: timedelta(minutes=10), 410100: timedelta(minutes=10)},
}
# errcode -> what the office can do about it (zh, en).
_CAUSES: dict[str, dict[int, tuple[str, str]]] = {
    WECOM: {93000: ("机器人地址无效或机器人已被移出群", "the robot's address is not valid, or the robot was removed from its group")},
    DINGTALK: {
        310000: ("安全设置不符，请核对加签密钥、关键词或 IP 段", "its security settings do not fit: check secret, keyword or addresses"),
        300001: ("机器人地址无效", "the robot's address is not valid"),
        300005: ("机器人地址无效", "the robot's address is not valid"),
        400013: ("群已解散", "the group was dissolved"),
        400101: ("机器人地址无效", "the robot's address is not valid"),
        400102: ("机器人已停用", "the robot was switched off"),
        400106: ("机器人不存在", "there is no such robot"),
    },
}


class RobotRefused(DomainError):
    code = "robot-address"
    status = 422
    zh = "机器人地址不可用：{why_zh}"
    en = "This robot's address cannot be used: {why_en}"


@dataclass(frozen=True, slots=True)
class Robot:
    """An address that was checked. ``token`` and ``secret`` are secrets; ``secret`` is 钉钉's 加签 key, empty without it."""

    kind: str
    base: str  # scheme, host and path
    token: str
    secret: str

    @property
    def shown(self) -> str:
        """What may be seen: the host and the last four characters."""
        return f"{urlsplit(self.base).netloc} ••••{self.token[-4:]}"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a group is told: a visit in a county, due on a day; or a digest, whose ``text`` is ready."""

    kind: str
    county: str
    due_on: date | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """``state``: sent | later | failed. ``after``: how long to wait. ``why`` for people, never with the address."""

    state: str
    why_zh: str = ""
    why_en: str = ""
    after: timedelta | None = None

    @property
    def detail(self) -> str:
        """As stored: a line a language."""
        return f"{self.why_zh}\n{self.why_en}" if self.why_zh else ""


def _refuse(zh: str, en: str) -> RobotRefused:
    return RobotRefused(why_zh=zh, why_en=en)


def check_host(address: str, allowed: Sequence[str]) -> None:
    """https to a host of the list, or plain http to a loopback address that the operator has named (tests). Raises ``RobotRefused``."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as e:
        raise _refuse("地址格式不正确", "it is malformed") from e
    if host not in allowed or parts.username or parts.password:
        raise _refuse("只支持企业微信和钉钉的群机器人", "only robots of WeCom and DingTalk are supported")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise _refuse("须以 https:// 开头", "it must begin with https://")
    if port not in (None, 443) and not is_loopback(host):
        raise _refuse("不能指定端口", "it must not name a port")


def parse_robot(address: str, secret: str, allowed: Sequence[str]) -> Robot:
    """What a person pasted, checked. Raises ``RobotRefused``."""
    check_host(address.strip(), allowed)
    parts = urlsplit(address.strip())
    if parts.path not in _PLACES:
        raise _refuse("不是群机器人的地址", "it is not the address of a group robot")
    kind, name = _PLACES[parts.path]
    token = (parse_qs(parts.query).get(name) or [""])[0]
    if not _TOKEN.fullmatch(token):
        raise _refuse(f"缺少 {name}", f"{name} is missing")
    if secret and (kind != DINGTALK or not _SECRET.fullmatch(secret)):
        raise _refuse("加签密钥以 SEC 开头，仅钉钉需要", "a signing secret begins with SEC, and only DingTalk has one")
    return Robot(kind, f"{parts.scheme}://{parts.netloc}{parts.path}", token, secret)


def sign(secret: str, timestamp_ms: int) -> str:
    """钉钉 加签: base64 of HMAC-SHA256 over "<ms>\\n<secret>", keyed by the secret."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256)).decode()


def request_of(robot: Robot, text: str, timestamp_ms: int) -> tuple[str, dict[str, Any]]:
    """(url, JSON body)."""
    url = f"{robot.base}?{'key' if robot.kind == WECOM else 'access_token'}={robot.token}"
    if robot.secret:
        url += f"&timestamp={timestamp_ms}&sign={quote_plus(sign(robot.secret, timestamp_ms))}"
    return url, {"msgtype": "text", "text": {"content": text}}


def compose(department: str, items: Sequence[Item], counties: Mapping[str, str], link: str) -> str:
    """What a group may see: numbers, counties, the nearest date; no enterprise and no person. Within ``MAX_TEXT_BYTES``.

    ``department`` and ``counties`` are names. It begins with the keyword that 钉钉's setting may ask for.
    """
    lines = [f"【阳光抽查】{department}"]
    for kind, words in TOLD.items():
        mine = [i for i in items if i.kind == kind]
        if not mine:
            continue
        per_county = Counter(i.county for i in mine).most_common()
        places = "，".join(f"{counties.get(c, c)} {n}" for c, n in per_county[:MAX_COUNTIES])
        if len(per_county) > MAX_COUNTIES:
            places += f" 等 {len(per_county)} 个区县"
        due = min((i.due_on for i in mine if i.due_on), default=None)
        lines.append(f"{words.format(n=len(mine))}：{places}{f'；最早 {due.isoformat()} 到期' if due else ''}")
    lines += [i.text for i in items if i.kind == DIGEST]
    if any(i.kind == TEST for i in items):
        lines.append("这是一条测试消息，群机器人工作正常。")
    if any(i.kind != DIGEST for i in items):
        lines.append(f"请在手机端查看：{link}")
    return "\n".join(lines).encode()[:MAX_TEXT_BYTES].decode(errors="ignore")


def read_answer(robot: Robot, status: int, body: bytes) -> Answer:
    """What became of a message. A robot's 200 says nothing: its errcode does."""
    if status == 429 or status >= 500:
        return Answer("later", f"对方暂时繁忙（HTTP {status}）", f"the service is busy (HTTP {status})")
    if status != 200:
        return Answer("failed", f"对方拒绝（HTTP {status}）", f"the service refused it (HTTP {status})")
    try:
        told = json.loads(body)
        code, message = int(told["errcode"]), str(told.get("errmsg", ""))
    except (ValueError, KeyError, TypeError):
        return Answer("later", "对方的答复无法识别", "the answer cannot be understood")
    if code == 0:
        return Answer("sent")
    if (after := _BUSY[robot.kind].get(code)) is not None:
        return Answer("later", f"发送过于频繁或对方繁忙（{code}），稍后重试", f"too many messages, or the service is busy ({code}): tried again later", after)
    message = message.replace(robot.token, "••••")[:120]
    zh, en = _CAUSES[robot.kind].get(code, (message, message))
    return Answer("failed", f"{zh}（{code}）", f"{en} ({code})")
