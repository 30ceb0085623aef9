"""What the operator may set, read from the environment once."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import msgspec

from backend.kernel.logs import as_json


class Settings(msgspec.Struct, frozen=True):
    """All settings with their units; ``docs/operations.md`` lists them for operators."""

    data_dir: Path
    database_url: str | None
    host: str
    port: int
    base_url: str  # what QR codes carry; no trailing slash
    log_origin: str  # the ledger's name in its signed notes (C2SP signed-note)
    secure_cookies: bool
    trusted_proxies: int  # how many proxies in front may be believed about X-Forwarded-For
    production: bool  # refuses demo data
    vapid_subject: str
    witness_policy: Path | None  # a C2SP tlog-policy: who witnesses the log, and which of them are enough
    secret_witnesses: Path | None  # who keeps a share of each draw's secret: a name and an age recipient a line
    push_hosts: tuple[str, ...]  # push services that subscriptions may name (SSRF guard)
    webhook_hosts: tuple[str, ...]  # where group robots may live (SSRF guard)
    clamd: tuple[str, int | None] | None = None  # a virus scanner: (host, port), or (path of its socket, None)
    more_hosts: tuple[str, ...] = ()  # further names that this site is asked for by, beside base_url's
    evidence_url: str | None = None  # s3://bucket/prefix; None keeps evidence in data_dir
    accel_prefix: str | None = None  # the proxy's internal address of data_dir/evidence (nginx X-Accel-Redirect)
    metrics_token: str | None = None  # who shows it may read /metrics; without one only this machine may
    worker_metrics_port: int | None = None  # the worker's own endpoint, on metrics_host
    metrics_host: str = "127.0.0.1"
    access_log: bool = False
    pool_size: int = 10  # connections to the database, of one server process
    drain_seconds: int = 0  # between readiness off and the end of listening
    shutdown_seconds: int = 30  # how long open requests, and a worker's job in hand, may take to finish
    backup_recipients: tuple[str, ...] = ()  # age recipients of the keys in a backup
    second_factor: str = "optional"  # or required: of everybody who works in the office
    data_licence: tuple[str, str] = ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")  # of the open data: its name and its address

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"

    @property
    def evidence_dir(self) -> Path:
        return self.data_dir / "evidence"


PUSH_HOSTS = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)

WEBHOOK_HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com")


def _scanner(text: str) -> tuple[str, int | None] | None:
    if not text or text.startswith("/"):
        return (text, None) if text else None
    host, _colon, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError(f"CLAMD must be host:port or the path of a socket, not {text!r}")
    return host.strip("[]"), int(port)


@cache
def settings() -> Settings:
    """The settings of this process. Raises ``ValueError`` naming the variable that cannot be read."""
    env = os.environ
    try:
        port = int(env.get("PORT") or 8000)
    except ValueError as e:
        raise ValueError(f"PORT must be a number, not {env['PORT']!r}") from e
    base_url = (env.get("BASE_URL") or f"http://localhost:{port}").rstrip("/")
    numbers: dict[str, int] = {}
    for name in ("TRUSTED_PROXIES", "WORKER_METRICS_PORT", "DRAIN_SECONDS", "SHUTDOWN_SECONDS", "POOL_SIZE"):
        try:
            numbers[name] = int(env.get(name) or {"SHUTDOWN_SECONDS": 30, "POOL_SIZE": 10}.get(name, 0))
        except ValueError as e:
            raise ValueError(f"{name} must be a number, not {env[name]!r}") from e
    evidence_url = (env.get("EVIDENCE_URL") or "").rstrip("/") or None
    if evidence_url is not None and not evidence_url.startswith("s3://"):
        raise ValueError(f"EVIDENCE_URL must be s3://bucket or s3://bucket/prefix, not {evidence_url!r}")
    second_factor = env.get("SECOND_FACTOR") or ("required" if env.get("SUNLOT_ENV") == "production" else "optional")
    if second_factor not in ("optional", "required"):
        raise ValueError(f"SECOND_FACTOR must be optional or required, not {second_factor!r}")
    extra = tuple(h for h in env.get("PUSH_HOSTS", "").split(",") if h)
    robots = tuple(h for h in env.get("WEBHOOK_HOSTS", "").split(",") if h)
    return Settings(
        data_dir=Path(env.get("DATA_DIR") or ".data").resolve(),
        database_url=env.get("DATABASE_URL") or None,
        host=env.get("HOST") or "127.0.0.1",
        port=port,
        base_url=base_url,
        log_origin=env.get("LOG_ORIGIN") or "sunlot.example/" + (env.get("SITE") or "qujing"),
        secure_cookies=base_url.startswith("https://"),
        trusted_proxies=numbers["TRUSTED_PROXIES"],
        production=env.get("SUNLOT_ENV") == "production",
        vapid_subject=env.get("VAPID_SUBJECT") or "mailto:ops@sunlot.example",
        witness_policy=Path(env["WITNESS_POLICY"]).resolve() if env.get("WITNESS_POLICY") else None,
        secret_witnesses=Path(env["SECRET_WITNESSES"]).resolve() if env.get("SECRET_WITNESSES") else None,
        push_hosts=PUSH_HOSTS + extra,
        webhook_hosts=WEBHOOK_HOSTS + robots,
        evidence_url=evidence_url,
        accel_prefix=(env.get("ACCEL_PREFIX") or "").rstrip("/") or None,
        metrics_token=env.get("METRICS_TOKEN") or None,
        worker_metrics_port=numbers["WORKER_METRICS_PORT"] or None,
        metrics_host=env.get("METRICS_HOST") or "127.0.0.1",
        access_log=env["ACCESS_LOG"] == "1" if env.get("ACCESS_LOG") else as_json(),
        pool_size=max(numbers["POOL_SIZE"], 1),
        drain_seconds=numbers["DRAIN_SECONDS"],
        shutdown_seconds=numbers["SHUTDOWN_SECONDS"],
        backup_recipients=tuple(r for r in re.split(r"[,\s]+", env.get("BACKUP_RECIPIENTS", "")) if r),
        second_factor=second_factor,
        more_hosts=tuple(h.strip().lower() for h in env.get("MORE_HOSTS", "").split(",") if h.strip()),
        clamd=_scanner(env.get("CLAMD", "")),
        data_licence=(env.get("DATA_LICENCE") or "CC BY 4.0", env.get("DATA_LICENCE_URL") or "https://creativecommons.org/licenses/by/4.0/"),
    )
