"""The database and what it knows: version, order of texts, schema, queues, log, holidays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asyncpg.exceptions import InterfaceError, PostgresError

from backend.cli.doctor.findings import Finding, fail, ok, warn
from backend.cli.doctor.machine import drift_finding
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.ledger import cosigning, rules
from backend.ledger.policy import policy
from backend.placards import signing
from backend.rulebook.queries import count_by_year
from backend.storage import migrate
from backend.storage.engine import reader
from backend.vitals.queries import read_vitals
from backend.vitals.rules import STUCK_SECONDS

OLDEST_SERVER = 150000
EXTENSIONS = ("pg_trgm", "btree_gist")
BACKLOG_S = 600.0


def away(error: BaseException) -> Finding:
    zh, en = f"数据库无法连接：{error}", f"the database cannot be reached: {error}"
    return fail("database", zh, en, "请检查 DATABASE_URL 与数据库服务", "look at DATABASE_URL and the server")


async def check_database() -> AsyncIterator[Finding]:
    """Stops after a database that does not answer, or lacks the schema: all else would only say so again."""
    try:
        row = await asyncio.wait_for(
            reader().fetchrow(
                "select current_setting('server_version_num')::int as number, current_setting('server_version') as version, clock_timestamp() as at,"
                " datcollate, pg_encoding_to_char(encoding) as encoding, pg_is_in_recovery() as standby from pg_database where datname = current_database()"
            ),
            10,
        )
    except (OSError, PostgresError, InterfaceError, TimeoutError) as e:
        yield away(e)
        return
    assert row is not None
    if row["number"] < OLDEST_SERVER:
        old = f"PostgreSQL {row['version']}"
        yield fail("database", f"{old} 过旧", f"{old} is too old", "请升级到 15 或更高版本", "upgrade to 15 or later")
    elif row["standby"]:
        yield fail("database", "连接的是只读备库", "this is a read-only standby", "请将 DATABASE_URL 指向主库", "let DATABASE_URL lead to the primary")
    else:
        yield ok("database", f"PostgreSQL {row['version']}", f"PostgreSQL {row['version']}")
    if row["encoding"] != "UTF8":
        zh, en = f"数据库编码为 {row['encoding']}", f"the database is in {row['encoding']}"
        yield fail("encoding", zh, en, "请以 UTF8 重建数据库", "make the database anew in UTF8")
    if row["datcollate"] not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
        yield warn(
            "collation", f"排序规则为 {row['datcollate']}", f"texts are ordered by {row['datcollate']}",
            "大批量导入较慢；新建数据库时请用 LC_COLLATE=C、LC_CTYPE=C.UTF-8",
            "large imports are slower; make databases with LC_COLLATE=C and LC_CTYPE=C.UTF-8",
        )  # fmt: skip
    yield drift_finding("database-clock", "数据库", "the database's", (clock.now() - row["at"]).total_seconds())
    if pending := await migrate.list_pending():
        yield fail("migrations", f"有 {len(pending)} 项迁移未执行", f"{len(pending)} migrations are due", "请运行 sunlot migrate", "run sunlot migrate")
        return
    yield ok("migrations", "数据库结构为最新", "the schema is up to date")
    here = {r["extname"] for r in await reader().fetch("select extname from pg_extension")}
    if missing := [e for e in EXTENSIONS if e not in here]:
        zh, en = f"缺少扩展 {'、'.join(missing)}", f"extensions are missing: {', '.join(missing)}"
        yield fail("extensions", zh, en, "请由数据库管理员执行 create extension", "let the database's administrator run create extension")
    async for finding in _check_work():
        yield finding
    async for finding in _check_placard_keys():
        yield finding
    async for finding in _check_log():
        yield finding
    async for finding in _check_holidays():
        yield finding


async def _check_work() -> AsyncIterator[Finding]:
    v = await read_vitals()
    if v.jobs_given_up:
        yield warn(
            "dead-jobs", f"{v.jobs_given_up} 项后台任务已放弃", f"{v.jobs_given_up} jobs were given up",
            "查看 outbox_job.last_error；排除原因后，将 gave_up_at 置空、attempts 置零即重试",
            "read outbox_job.last_error; once the cause is gone, set gave_up_at to null and attempts to 0 to try again",
        )  # fmt: skip
    if (v.oldest_due_s or 0) > BACKLOG_S:
        yield warn(
            "backlog", f"后台任务积压 {v.jobs_due} 项，最早已等 {v.oldest_due_s:.0f} 秒", f"{v.jobs_due} jobs are due, the oldest for {v.oldest_due_s:.0f} s",
            "请确认 sunlot worker 正在运行，必要时增加一个", "see that sunlot worker runs; start another if it does",
        )  # fmt: skip
    else:
        yield ok("backlog", f"后台任务 {v.jobs_waiting} 项待办", f"{v.jobs_waiting} jobs wait")
    if (v.oldest_staged_s or 0) > STUCK_SECONDS:
        yield fail(
            "sequencer", f"存证日志已停 {v.oldest_staged_s:.0f} 秒，{v.entries_staged} 条待入",
            f"the log has stood for {v.oldest_staged_s:.0f} s, {v.entries_staged} entries wait",
            "查看 worker 日志中的 ledger.broken 或 ledger.waiting；从备份恢复后见证人若记得更长的日志，须先找回缺失部分",
            "look for ledger.broken or ledger.waiting in the worker's log; after a restore, witnesses that know a longer log must be satisfied first",
        )  # fmt: skip
    else:
        yield ok("sequencer", f"存证日志 {v.log_size} 条，{v.entries_staged} 条待入", f"a log of {v.log_size} entries, {v.entries_staged} wait")


async def _check_placard_keys() -> AsyncIterator[Finding]:
    used = {r["key_no"] for r in await reader().fetch("select distinct key_no from placard")}
    if used and (missing := sorted(used - {k.number for k in signing.list_keys()})):
        which = ", ".join(map(str, missing))
        yield fail(
            "placard-keys", f"本机缺少第 {which} 把码牌密钥，用它签发的码牌会显示为伪造",
            f"placard keys no. {which} are missing: cards that they signed look forged",
            "请从其他服务器或备份将 placard.*.secret 复制到 DATA_DIR/keys", "copy placard.*.secret into DATA_DIR/keys from another server or from a backup",
        )  # fmt: skip


async def _check_log() -> AsyncIterator[Finding]:
    asked = policy()
    if not asked.witnesses:
        yield warn(
            "witnesses", "没有见证人", "the log has no witnesses",
            "请邀请监督单位运行 sunlot witness，并设置 WITNESS_POLICY", "ask other bodies to run sunlot witness, and set WITNESS_POLICY",
        )  # fmt: skip
        return
    newest = await reader().fetchval("select coalesce(max(size), 0) from ledger_checkpoint where note is not null")
    rows = await reader().fetch(
        "select s.size, s.witness, s.line, c.root from ledger_cosignature s join ledger_checkpoint c using (size) order by s.size desc limit 100"
    )
    by_size: dict[int, set[str]] = {}
    latest = 0
    keys = {w.name: w.key for w in asked.witnesses}
    for row in rows:
        by_size.setdefault(row["size"], set()).add(row["witness"])
        if row["witness"] in keys:
            text = rules.checkpoint_text(settings().log_origin, row["size"], row["root"])
            latest = max(latest, cosigning.cosigned_at(row["line"], text, keys[row["witness"]]) or 0)
    met = max((size for size, names in by_size.items() if asked.is_met(names)), default=0)
    if met < newest:
        yield warn(
            "quorum", f"最新检查点 {newest} 的见证不足，满足要求的是 {met}", f"checkpoint {newest} lacks witnesses; the newest with enough is {met}",
            "稍后再看；若持续如此，请联系未应答的见证单位", "look again in a minute; if it stays so, call the bodies that do not answer",
        )  # fmt: skip
    else:
        yield ok("quorum", f"检查点 {newest} 已获足够见证", f"checkpoint {newest} has enough witnesses")
    if latest - clock.now().timestamp() > 60:
        yield fail(
            "clock-behind", "见证签名的时间在本机时钟之后", "a witness signed later than this clock says it is",
            "本机时钟偏慢，请启用 NTP 授时", "this clock is behind: let NTP set it",
        )  # fmt: skip


async def _check_holidays() -> AsyncIterator[Finding]:
    years, today = await count_by_year(), clock.today()
    if today.year not in years:
        yield fail(
            "holidays", f"{today.year} 年节假日未录入", f"the holidays of {today.year} are missing",
            "请在 基础数据 → 节假日 中维护：期限按工作日计算", "enter them in 基础数据 → 节假日: periods count working days",
        )  # fmt: skip
    elif today.month >= 11 and today.year + 1 not in years:
        yield warn(
            "holidays", f"{today.year + 1} 年节假日未录入", f"the holidays of {today.year + 1} are missing",
            "国务院办公厅通常在十一月公布；跨年的期限目前只按周末计算",
            "they are usually announced in November; periods across the year count weekends only until then",
        )  # fmt: skip
    else:
        yield ok("holidays", "节假日已录入", "the holidays are known")
