"""Group robots: their addresses, what they are told, and what is done with their answers. Against a local service that behaves like both."""

from __future__ import annotations

import http.server
import json
import logging
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import msgspec
import pytest

from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.scope import EVERYTHING, Scope
from backend.kernel.settings import settings
from backend.notify import deliveries, jobs, robot_rules, robots, service
from backend.notify.robot_rules import Item, RobotRefused, compose, parse_robot, read_answer, request_of, sign
from backend.outbound import post
from backend.storage import outbox
from backend.storage.engine import connection, transaction
from tests.rooms.robot_service import KEY, SECRET, TOKEN, RobotService

ALLOWED = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "127.0.0.1")
WECOM = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
DING = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"


@pytest.fixture
def groups(monkeypatch) -> Iterator[RobotService]:
    changed = msgspec.structs.replace(settings(), webhook_hosts=ALLOWED)
    for room in (robots, jobs):
        monkeypatch.setattr(room, "settings", lambda: changed)
    made = RobotService()
    yield made
    made.close()


# -- rules -----------------------------------------------------------------------------------------------------------


def test_the_two_kinds_of_address_are_told_apart_and_masked():
    wecom, ding = parse_robot(WECOM, "", ALLOWED), parse_robot(f" {DING}&x=1 ", SECRET, ALLOWED)
    assert (wecom.kind, wecom.token) == ("wecom", KEY)
    assert (ding.kind, ding.token, ding.secret) == ("dingtalk", TOKEN, SECRET)
    for robot in (wecom, ding):
        assert robot.token not in robot.shown
        assert robot.shown.endswith(robot.token[-4:])


@pytest.mark.parametrize(
    "address",
    [
        WECOM.replace("https", "http"),
        WECOM.replace("qyapi", "evil"),
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=" + KEY,
        "https://qyapi.weixin.qq.com@10.0.0.1/cgi-bin/webhook/send?key=" + KEY,
        f"https://user@qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
        f"https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key={KEY}",
        f"https://qyapi.weixin.qq.com:99999999/cgi-bin/webhook/send?key={KEY}",
        f"https://qyapi.weixin.qq.com/cgi-bin/gettoken?key={KEY}",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a%0d%0ab",
        "http://169.254.169.254/robot/send?access_token=" + TOKEN,
        "http://[::1]/robot/send?access_token=" + TOKEN,
        "file:///etc/passwd",
        "",
    ],
)
def test_every_other_address_is_refused(address):
    with pytest.raises(RobotRefused):
        parse_robot(address, "", ALLOWED)


def test_a_secret_is_dingtalks_only():
    for address, secret in ((WECOM, SECRET), (DING, "not a secret")):
        with pytest.raises(RobotRefused):
            parse_robot(address, secret, ALLOWED)


def test_the_signature_is_what_openssl_makes():
    """The value of ``printf '1577836800000\\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary | base64``."""
    assert sign("this is secret", 1_577_836_800_000) == "fFV9t5lBS7KH4+5B0JjR99ab+AJkXFauQXycgTkS/tc="
    url, body = request_of(parse_robot(DING, SECRET, ALLOWED), "x", 1_577_836_800_000)
    query = parse_qs(urlsplit(url).query)
    assert query["timestamp"] == ["1577836800000"]
    assert query["sign"] == [sign(SECRET, 1_577_836_800_000)]
    assert body == {"msgtype": "text", "text": {"content": "x"}}


def test_a_group_reads_numbers_counties_and_a_date():
    items = [Item("inspection.dispatched", "530302", date(2026, 12, 31))] * 5 + [Item("inspection.dispatched", "530303", date(2026, 12, 20))] * 7
    items.append(Item("submission.returned", "530302", None))
    text = compose("市场监督管理局", items, {"530302": "麒麟区", "530303": "沾益区"}, "https://x.example/field/")
    assert text.splitlines() == [
        "【阳光抽查】市场监督管理局",
        "新任务 12 户：沾益区 7，麒麟区 5；最早 2026-12-20 到期",
        "退回修改 1 份：麒麟区 1",
        "请在手机端查看：https://x.example/field/",
    ]
    crowd = [Item("inspection.dispatched", f"53{n:04}", None) for n in range(500)]
    assert len(compose("局" * 800, crowd, {}, "https://x.example/field/").encode()) <= robot_rules.MAX_TEXT_BYTES


@pytest.mark.parametrize(
    ("kind", "status", "answer", "state", "after"),
    [
        ("wecom", 200, {"errcode": 0, "errmsg": "ok"}, "sent", None),
        ("wecom", 200, {"errcode": 45009, "errmsg": "api freq out of limit"}, "later", 60),
        ("wecom", 200, {"errcode": -1, "errmsg": "system error"}, "later", 30),
        ("wecom", 200, {"errcode": 93000, "errmsg": "invalid webhook url"}, "failed", None),
        ("dingtalk", 200, {"errcode": 130101, "errmsg": "send too fast"}, "later", 600),
        ("dingtalk", 200, {"errcode": 310000, "errmsg": "sign not match"}, "failed", None),
        ("dingtalk", 200, {"errcode": 424242, "errmsg": f"who is {TOKEN}?"}, "failed", None),
        ("dingtalk", 200, {"ok": True}, "later", None),
        ("dingtalk", 200, [], "later", None),
        ("wecom", 302, {}, "failed", None),
        ("wecom", 404, {}, "failed", None),
        ("wecom", 429, {}, "later", None),
        ("wecom", 502, {}, "later", None),
    ],
)
def test_a_200_says_nothing_its_errcode_does(kind, status, answer, state, after):
    robot = parse_robot(WECOM if kind == "wecom" else DING, "", ALLOWED)
    told = read_answer(robot, status, json.dumps(answer).encode())
    assert (told.state, told.after) == (state, timedelta(seconds=after) if after else None)
    assert robot.token not in told.detail
    assert bool(told.why_zh) == (state != "sent") == bool(told.why_en)


def test_a_page_of_a_proxy_is_no_answer():
    assert read_answer(parse_robot(WECOM, "", ALLOWED), 200, b"<html>please sign in</html>").state == "later"


# -- the one POST ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "224.0.0.1"])
async def test_a_name_that_leads_inside_is_not_followed(monkeypatch, address):
    class Resolver:
        async def getaddrinfo(self, host, port, **_):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port)), (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(post.asyncio, "get_running_loop", Resolver)
    with pytest.raises(post.PostFailed, match="address-not-public"):
        await post.post(WECOM, {})


def make_certificate(folder):
    where = ["-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=evil.example"]
    subprocess.run([*made, *where], check=True, capture_output=True)


async def test_the_certificate_must_be_the_names(monkeypatch, tmp_path):
    """The connection goes to the address that was checked, and a server there that is not the named one is refused."""
    make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()

    async def resolve(host, port):
        return "127.0.0.1"

    monkeypatch.setattr(post, "_resolve", resolve)
    with pytest.raises(post.PostFailed, match="ConnectError"):
        await post.post(f"https://qyapi.weixin.qq.com:{server.server_port}/cgi-bin/webhook/send?key={KEY}", {})
    server.server_close()


async def test_no_redirect_no_endless_answer_no_endless_wait(groups, monkeypatch):
    groups.moved_to = "http://127.0.0.1:1/secret"
    groups.answers = [(302, {})]
    assert (await post.post(groups.address(), {"msgtype": "text"}))[0] == 302
    groups.answers = [(200, b"x" * (post.MAX_ANSWER_BYTES + 1))]
    with pytest.raises(post.PostFailed, match="answer-too-large"):
        await post.post(groups.address(), {"msgtype": "text"})
    silent = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(post, "TIMEOUT_SECONDS", 0.3)
    with pytest.raises(post.PostFailed):
        await post.post(f"http://127.0.0.1:{silent.getsockname()[1]}/robot/send", {})
    silent.close()


# -- the whole way, on the demo county ------------------------------------------------------------------------------


async def officers() -> list[UUID]:
    async with transaction():
        rows = await connection().fetch("select id from account where role = 'inspector' and department = 'scjg' order by username limit 2")
    return [row["id"] for row in rows]


async def visits(n: int) -> list[UUID]:
    """Visits of one department: on a joint one a partner's officers would rightly see their own alerts."""
    async with transaction():
        rows = await connection().fetch(
            "select i.id from inspection i join campaign c on c.id = i.campaign"
            " where i.department = 'scjg' and cardinality(c.partners) = 0 order by i.id limit $1",
            n,
        )
    return [row["id"] for row in rows]


async def add(groups: RobotService, kind: str = "wecom", secret: str = "") -> UUID:
    async with transaction():
        return await robots.add("scjg", "一科工作群", groups.address(kind), secret, by=uuid4())


async def tell(inspections: list[UUID], kind: str = "inspection.dispatched") -> None:
    team = await officers()
    async with transaction():
        for inspection in inspections:
            for account in team:
                await service.tell(account, kind, inspection=inspection, params={"enterprise": "某某饭店", "due_on": "2026-12-31", "comment": "x"})


async def work(later: timedelta = timedelta()) -> int:
    """Let the worker run once, ``later`` from now."""
    now = clock.now() + later
    clock.hold(lambda: now)
    try:
        return await outbox.work_off({"robot": jobs.post_robot})
    finally:
        clock.hold(None)


async def states() -> list[tuple[str, int]]:
    async with transaction():
        rows = await connection().fetch("select state, count(*) as n from notify_robot_item group by state order by state")
    return [(row["state"], row["n"]) for row in rows]


@pytest.mark.parametrize(("kind", "secret"), [("wecom", ""), ("dingtalk", ""), ("dingtalk", SECRET)])
async def test_a_draw_is_one_message_without_names(demo, groups, kind, secret):
    await add(groups, kind, secret)
    await tell(await visits(12))
    assert await work() == 1
    (text,) = groups.told
    assert text.startswith("【阳光抽查】市场监督管理局\n新任务 12 户：")
    assert "/field/" in text
    assert "饭店" not in text
    assert await states() == [("sent", 12)]
    assert await work() == 0


async def test_another_departments_work_is_not_told(demo, groups):
    async with transaction():
        await robots.add("xfjy", "消防群", groups.address(), "", by=uuid4())
    await tell(await visits(1))
    assert await work() == 0
    assert groups.told == []


async def test_a_busy_robot_is_left_alone_and_then_told_everything_at_once(demo, groups):
    await add(groups, "dingtalk")
    await tell((await visits(3))[:2])
    groups.answers = [(200, {"errcode": 130101, "errmsg": "send too fast"})]
    assert await work() == 1
    assert await states() == [("waiting", 2)]
    (shown,) = await robots.list_robots(EVERYTHING)
    assert (shown.waiting, shown.sent_at) == (2, None)
    assert "130101" in (shown.failure or "")
    await tell((await visits(3))[2:])  # comes while the robot wants its quiet
    await work(timedelta(minutes=5))
    assert groups.told == []
    await work(timedelta(minutes=11))
    (text,) = groups.told
    assert "新任务 3 户" in text
    assert await states() == [("sent", 3)]
    async with transaction():
        await connection().execute("update outbox_job set available_at = now()")
    await work(timedelta(minutes=30))
    assert len(groups.told) == 1
    async with transaction():
        assert await connection().fetchval("select count(*) from outbox_job where topic = 'robot'") == 0


async def test_a_service_that_stays_away_is_given_up_with_its_reason(demo, groups):
    await add(groups)
    await tell(await visits(1))
    groups.answers = [(503, {})] * outbox.MAX_ATTEMPTS
    for n in range(outbox.MAX_ATTEMPTS):
        assert await states() == [("waiting", 1)], n
        await work(timedelta(hours=2 * n))
    assert await states() == [("failed", 1)]
    (item,) = await robots.list_of_inspection((await visits(1))[0], EVERYTHING)
    assert (item.state, item.attempts) == ("failed", outbox.MAX_ATTEMPTS)
    assert "503" in item.detail
    assert await work(timedelta(days=2)) == 0


async def test_a_refusal_is_final_and_says_why(demo, groups):
    async with transaction():
        await robots.add("scjg", "旧群", groups.address().replace(KEY, "gone-0123456789"), "", by=uuid4())
    await tell(await visits(1))
    await work()
    (shown,) = await robots.list_robots(Scope("scjg", "5303"))
    assert "93000" in (shown.failure or "")
    assert await states() == [("failed", 1)]
    assert await robots.list_robots(Scope("xfjy", "5303")) == []


async def test_the_address_is_nowhere_but_sealed(demo, groups, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    robot = await add(groups, "dingtalk", SECRET)
    await tell(await visits(1))
    groups.answers = [(503, {})]
    await work()
    await work(timedelta(hours=1))
    assert groups.told
    async with transaction():
        tables = await connection().fetch("select table_name from information_schema.tables where table_schema = 'public'")
        for table in tables:
            for row in await connection().fetch(f'select t::text as line from "{table["table_name"]}" t'):
                assert not re.search(f"{TOKEN}|{SECRET}", row["line"]), table["table_name"]
        payload = await connection().fetchval(
            "select p.payload::text from ledger_payload p join ledger_entry e using (entry_id) where e.type = 'robot.changed'"
        )
        assert "added" in payload
    told = caplog.text + "".join(capsys.readouterr())
    assert TOKEN not in told
    assert SECRET not in told
    async with transaction():
        await robots.remove(robot, EVERYTHING, by=uuid4())
        assert await connection().fetchval("select sealed from notify_robot") == b""
        with pytest.raises(NotFound):
            await robots.remove(robot, EVERYTHING, by=uuid4())


async def test_what_waits_for_a_removed_robot_is_not_sent(demo, groups):
    robot = await add(groups)
    await tell(await visits(2))
    async with transaction():
        with pytest.raises(NotFound):
            await robots.remove(robot, Scope("xfjy", "5303"), by=uuid4())
        await robots.remove(robot, Scope("scjg", "5303"), by=uuid4())
    await work()
    assert groups.told == []
    assert await states() == [("failed", 2)]


async def test_a_nameless_group_is_refused(demo, groups):
    with pytest.raises(Invalid):
        async with transaction():
            await robots.add("scjg", " ", groups.address(), "", by=uuid4())


async def test_the_office_sees_each_channel_within_its_scope(demo):
    await tell(await visits(2))
    since, yesterday = clock.now() - timedelta(days=7), clock.now() - timedelta(days=1)
    mine = await deliveries.load_overview(Scope("scjg", "5303"), since, yesterday)
    other = await deliveries.load_overview(Scope("xfjy", "5303"), since, yesterday)
    assert mine.inbox.sent >= 4
    assert mine.unread >= 4
    assert other.inbox.sent < mine.inbox.sent
    (visit, *_) = await visits(1)
    alerts = await deliveries.list_of_inspection(visit, Scope("scjg", "5303"))
    assert len(alerts) >= 2
    assert alerts[0].read_at is None
    assert await deliveries.list_of_inspection(visit, Scope("xfjy", "5303")) == []
