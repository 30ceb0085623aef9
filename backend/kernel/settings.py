"""What the operator may set, read from the environment once."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import msgspec


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


@cache
def settings() -> Settings:
    """The settings of this process. Raises ``ValueError`` naming the variable that cannot be read."""
    env = os.environ
    try:
        port = int(env.get("PORT") or 8000)
    except ValueError as e:
        raise ValueError(f"PORT must be a number, not {env['PORT']!r}") from e
    base_url = (env.get("BASE_URL") or f"http://localhost:{port}").rstrip("/")
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
        trusted_proxies=int(env.get("TRUSTED_PROXIES") or 0),
        production=env.get("SUNLOT_ENV") == "production",
        vapid_subject=env.get("VAPID_SUBJECT") or "mailto:ops@sunlot.example",
        witness_policy=Path(env["WITNESS_POLICY"]).resolve() if env.get("WITNESS_POLICY") else None,
        secret_witnesses=Path(env["SECRET_WITNESSES"]).resolve() if env.get("SECRET_WITNESSES") else None,
        push_hosts=PUSH_HOSTS + extra,
        webhook_hosts=WEBHOOK_HOSTS + robots,
    )
