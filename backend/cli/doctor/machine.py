"""This machine: disk, rights, keys, settings, fonts. Nothing here needs the database."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from backend.cli.doctor.findings import Finding, fail, ok, warn
from backend.evidence.store import StoreAway, store
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.ledger.policy import policy
from backend.people.rules import FACTOR_REQUIRED
from backend.placards import signing
from backend.scanning import service as scanning
from backend.vitals.rules import disk_is_full

EARLY_SHARE = 0.1  # of the disk: time to act
DRIFT_WARN_S, DRIFT_FAIL_S = 2.0, 30.0
PLACARD_KEY_DAYS = 3 * 365
KEYS = {"ledger.ed25519": "the log's signing key", "pseudonym.key": "the key of pseudonyms", "csrf.secret": "the secret of forms"}


def check_disk() -> Iterator[Finding]:
    folder = settings().data_dir
    if not folder.exists():
        yield fail("data-dir", f"{folder} 不存在", f"{folder} does not exist", "请创建目录或设置 DATA_DIR", "make the folder, or set DATA_DIR")
        return
    usage = shutil.disk_usage(folder)
    free = f"{usage.free / 2**30:.1f} GB"
    if disk_is_full(usage.free, usage.total):
        yield fail("disk", f"磁盘仅剩 {free}", f"only {free} are free", "请立即扩容或清理，否则上传会被拒绝", "make room now: uploads are refused otherwise")
    elif usage.free / usage.total < EARLY_SHARE:
        yield warn("disk", f"磁盘剩余 {free}，不足十分之一", f"{free} are free, less than a tenth", "请安排扩容", "plan for a larger disk")
    else:
        yield ok("disk", f"磁盘剩余 {free}", f"{free} are free")


def check_rights() -> Iterator[Finding]:
    folder = settings().data_dir
    refused = [str(p) for p in (folder, settings().evidence_dir, folder / "imports") if p.exists() and not os.access(p, os.R_OK | os.W_OK | os.X_OK)]
    if refused:
        where = "、".join(refused)
        en = f"{', '.join(refused)} cannot be written"
        yield fail("rights", f"无法写入 {where}", en, "请将目录所有者改为运行服务的用户", "chown them to the user of the service")
    elif folder.exists():
        yield ok("rights", f"{folder} 可读写", f"{folder} can be read and written")


def check_keys() -> Iterator[Finding]:
    folder = settings().keys_dir
    missing = [name for name in KEYS if not (folder / name).exists()]
    if missing:
        yield warn(
            "keys", f"{folder} 缺少 {'、'.join(missing)}", f"{folder} lacks {', '.join(missing)}",
            "全新安装首次启动时会自动生成；若系统曾经运行过，请从备份恢复，切勿让其重新生成",
            "a new installation makes them when it first starts; if this one has run before, restore them from a backup and do not let it make new ones",
        )  # fmt: skip
    loose = [p for p in sorted(folder.glob("*")) if p.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and p.is_file()] if folder.exists() else []
    if loose:
        yield fail(
            "key-rights", f"密钥可被他人读取：{'、'.join(p.name for p in loose)}", f"others may read keys: {', '.join(p.name for p in loose)}",
            f"chmod 600 {folder}/*；并考虑更换已泄露的密钥", f"chmod 600 {folder}/*, and think about replacing what may have been read",
        )  # fmt: skip
    elif not missing:
        yield ok("keys", "密钥齐全，仅所有者可读", "the keys are there and only their owner may read them")


def check_placard_keys() -> Iterator[Finding]:
    """How old the key is that signs codes for doors, and what waits to follow it. Makes none where there is none yet."""
    if not (settings().keys_dir / "placard.secret").exists():
        return
    now, keys, key = clock.now(), signing.list_keys(), signing.current()
    days = (now - key.made_at).days
    zh = f"码牌密钥共 {len(keys)} 把，签发用第 {key.number} 把，已 {days} 天"
    en = f"{len(keys)} placard keys; no. {key.number} signs and is {days} days old"
    if waiting := [k for k in keys if k.signs_from > now]:
        day = f"{waiting[-1].signs_from.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}"
        zh, en = f"{zh}；第 {waiting[-1].number} 把 {day} 启用", f"{en}; no. {waiting[-1].number} follows on {day}"
    if days > PLACARD_KEY_DAYS and not waiting:
        yield warn(
            "placard-key", zh, en, "建议运行 sunlot placards rotate 更换；已印的码牌继续有效",
            "think about sunlot placards rotate; printed cards keep working",
        )  # fmt: skip
    else:
        yield ok("placard-key", zh, en)


def check_settings() -> Iterator[Finding]:
    s = settings()
    if not s.base_url.startswith("https://"):
        level = fail if s.production else warn
        yield level(
            "base-url", f"BASE_URL 为 {s.base_url}，不是 https", f"BASE_URL is {s.base_url}, not https",
            "请设为对外的 https 地址：二维码、通行密钥与安全 Cookie 都依赖它",
            "set it to the public https address: QR codes, passkeys and secure cookies depend on it",
        )  # fmt: skip
    else:
        yield from _reach(s.base_url)
    if "sunlot.example" in s.vapid_subject:
        yield warn(
            "vapid-subject", f"VAPID_SUBJECT 仍是示例 {s.vapid_subject}", f"VAPID_SUBJECT is still the example {s.vapid_subject}",
            "请设为运维邮箱（mailto:…），推送服务商会据此联系", "set a real mailto: address, push services write to it",
        )  # fmt: skip
    if s.log_origin.startswith("sunlot.example/"):
        yield (fail if s.production else warn)(
            "log-origin", f"LOG_ORIGIN 仍是示例 {s.log_origin}", f"LOG_ORIGIN is still the example {s.log_origin}",
            "上线前设为本单位的名称，上线后不得再改", "set your own name before going live, and never change it afterwards",
        )  # fmt: skip
    if s.metrics_token is not None and len(s.metrics_token) < 24:
        yield warn("metrics-token", "METRICS_TOKEN 过短", "METRICS_TOKEN is short", "请使用至少 24 个随机字符", "use at least 24 random characters")
    if s.production and s.second_factor != FACTOR_REQUIRED:
        yield warn(
            "second-factor", "SECOND_FACTOR 不是 required：管理端只凭密码即可登录", "SECOND_FACTOR is not required: a password alone opens the office",
            "请删去这项设置，生产环境默认要求第二验证", "take the setting away: production requires a second factor by default",
        )  # fmt: skip
    if not s.backup_recipients:
        yield warn(
            "backup-recipients", "未设置备份密钥的接收人", "there is no recipient for the keys in a backup",
            "请用 age-keygen 生成密钥对，将公钥设为 BACKUP_RECIPIENTS，私钥离线保存",
            "make a pair with age-keygen, set the public key as BACKUP_RECIPIENTS and keep the secret one offline",
        )  # fmt: skip


def _reach(address: str) -> Iterator[Finding]:
    try:
        answer = httpx.get(f"{address}/healthz", timeout=5, trust_env=False, follow_redirects=False)
    except httpx.HTTPError as e:
        yield warn(
            "base-url", f"{address} 无法访问（{type(e).__name__}）", f"{address} cannot be reached ({type(e).__name__})",
            "请检查域名解析、证书、代理与防火墙；服务未启动时属正常",
            "look at DNS, the certificate, the proxy and the firewall; normal while the server is down",
        )  # fmt: skip
        return
    if answer.status_code == 200 and "strict-transport-security" in answer.headers:
        yield ok("base-url", f"{address} 可访问", f"{address} answers")
    else:
        yield warn(
            "base-url", f"{address} 的应答不是本系统的（{answer.status_code}）", f"{address} answers as something else ({answer.status_code})",
            "请检查代理是否指向本服务并保留应答头", "see that the proxy leads here and leaves the headers alone",
        )  # fmt: skip


def drift_finding(code: str, other_zh: str, other_en: str, seconds: float) -> Finding:
    """``seconds``: how far our clock is ahead of the other one."""
    zh, en = f"本机时钟与{other_zh}相差 {seconds:+.1f} 秒", f"this clock is {seconds:+.1f} s from {other_en}"
    if abs(seconds) < DRIFT_WARN_S:
        return ok(code, zh, en)
    made = fail if abs(seconds) >= DRIFT_FAIL_S else warn
    return made(code, zh, en, "请启用 NTP 授时（chrony）", "let NTP set the clock (chrony)")


def check_witness_clocks() -> Iterator[Finding]:
    """The date in the answers of witnesses: other bodies' clocks."""
    for witness in policy().witnesses:
        if not witness.url:
            continue
        try:
            before = clock.now()
            answer = httpx.get(witness.url, timeout=5, trust_env=False)
            theirs = parsedate_to_datetime(answer.headers["date"])
        except (httpx.HTTPError, KeyError, ValueError) as e:
            yield warn(
                "witness", f"见证人 {witness.name} 没有应答（{type(e).__name__}）", f"witness {witness.name} does not answer ({type(e).__name__})",
                "请联系见证单位；达到策略要求的见证人数之前，页面显示较早的检查点",
                "call its body; until enough of them sign, pages show an older checkpoint",
            )  # fmt: skip
            continue
        # HTTP's dates have whole seconds: half of one is no drift.
        seconds = (before - theirs.astimezone(UTC)).total_seconds()
        yield drift_finding("witness-clock", f"见证人 {witness.name} ", f"witness {witness.name}", seconds if abs(seconds) > 1.5 else 0.0)


def check_papers() -> Iterator[Finding]:
    try:
        import typst

        from backend.notices.papers import FONTS

        if not list(Path(FONTS).glob("**/*.[ot]t[fc]")):
            raise FileNotFoundError(str(FONTS))
        made = typst.compile(b"#set page(width: 3cm, height: 3cm)\n", format="pdf")
    except (ImportError, OSError, RuntimeError) as e:
        yield fail("papers", f"无法生成文书：{e}", f"papers cannot be made: {e}", "请重新安装依赖（make setup）", "install the dependencies again (make setup)")
        return
    assert made
    yield ok("papers", "文书排版与中文字体可用", "typesetting and Chinese fonts work")


async def check_store() -> list[Finding]:
    where = settings().evidence_url or str(settings().evidence_dir)
    try:
        await store().check()
    except (StoreAway, OSError) as e:
        zh, en = f"证据存储 {where} 不可写：{e}", f"the store of evidence, {where}, cannot be written: {e}"
        do_zh, do_en = "请检查地址、账号与权限（AWS_* 变量）或磁盘", "look at its address, account and rights (AWS_* variables), or at the disk"
        return [fail("evidence-store", zh, en, do_zh, do_en)]
    return [ok("evidence-store", f"证据存储 {where} 可写", f"the store of evidence, {where}, can be written")]



async def check_scanner() -> list[Finding]:
    if settings().clamd is None:
        return []
    if await scanning.is_there():
        return [ok("scanner", "病毒扫描服务应答正常", "the virus scanner answers")]
    do_zh, do_en = "请启动 clamd 并核对 CLAMD；在此之前，外来文件和导入文件一律不接收", "start clamd and check CLAMD: until then no file from outside is taken"
    return [fail("scanner", "病毒扫描服务没有应答", "the virus scanner does not answer", do_zh, do_en)]
