"""Verbs on people: accounts, sign-in, devices."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.history import service as history
from backend.history.rules import Kind
from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from backend.kernel.hashing import hash_at_once, hash_key, hash_slowly, matches
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.limits.rules import network
from backend.people import password_rules, queries, rules
from backend.people.tables import Account, Device, Session
from backend.storage.engine import aside, connection

# OWASP's floor for argon2id: 19 MiB, two passes, one lane.
# Checked when there is no such account, so that an answer's time does not tell which names exist.
_NOBODY = hash_at_once(secrets.token_hex(16))


class BadCredentials(DomainError):
    code = "bad-credentials"
    status = 401
    zh = "账号或密码不正确"
    en = "The account name or the password is wrong"
    locks: UUID | None = None  # the account that this failure keeps out for a while; for its owner's inbox, never for the answer


class TooManyAttempts(DomainError):
    code = "too-many-attempts"
    status = 429
    zh = "尝试次数过多，请 {retry_after_s} 秒后再试"
    en = "Too many attempts: try again in {retry_after_s} seconds"


class UnknownDevice(DomainError):
    code = "unknown-device"
    status = 403
    zh = "此设备尚未登记"
    en = "This device is not enrolled"


class DeviceRevoked(DomainError):
    code = "device-revoked"
    status = 403
    zh = "这台手机已于 {revoked_at} 报失停用。请重新登录，登记新的密钥后再提交"
    en = "This phone was reported lost and revoked on {revoked_at}. Sign in again: it gets a new key and can then hand in"


OFFICER = Kind(
    "inspector",
    "inspector",
    "id",
    ("name", "department", "certificate_no", "certificate_expires_on", "qualifications", "counties", "phone", "is_valid", "account"),
)


def certificate_taken() -> Invalid:
    return Invalid(field="certificate_no", why_zh="此执法证号已在名录库中", why_en="this certificate is in the register already")


async def add_department(code: str, name_zh: str, name_en: str) -> None:
    """Idempotent by code."""
    done = await connection().execute("insert into department (code, name_zh, name_en) values ($1, $2, $3) on conflict do nothing", code, name_zh, name_en)
    if not done.endswith("0"):
        await ledger.record("department.added", actor=None, subject=code, payload={"zh": name_zh, "en": name_en}, public=True)


async def create_account(
    *,
    username: str,
    password: str,
    name: str,
    role: str,
    department: str | None,
    region: str,
    by: UUID | None = None,
    must_change: bool = False,
    is_demo: bool = False,
) -> UUID:
    """Add an account. ``must_change``: the password is only for the first sign-in. ``is_demo``: it stands on the sign-in page.

    Raises ``Invalid`` for an unknown role or a weak password, ``Conflict`` for a taken name.
    """
    if role not in rules.ROLES:
        raise Invalid(field="role", why_zh="没有这个角色", why_en="there is no such role")
    if not is_demo:
        await password_rules.check(password, username, name)
    if await Account.exists().where(Account.username == username):
        raise Conflict()
    account_id = new_id()
    await Account.insert(
        Account(
            id=account_id,
            username=username,
            password_hash=await hash_slowly(password),
            name=name,
            role=role,
            department=department,
            region=region,
            created_at=clock.now(),
            password_changed_at=clock.now(),
            must_change=must_change,
        )
    )
    await ledger.record(
        "account.created", actor=by, subject=str(account_id), payload={"role": role, "department": department, "region": region}
    )
    return account_id


async def add_inspector(
    *,
    name: str,
    department: str,
    certificate_no: str,
    certificate_expires_on: date,
    qualifications: list[str],
    counties: list[str],
    phone: str = "",
    account: UUID | None = None,
    by: UUID | None = None,
) -> UUID:
    """Put an officer on the list of officers. Raises ``Invalid`` for a certificate that is there already."""
    inspector_id = new_id()
    fields = {
        "name": name,
        "department": department,
        "certificate_no": certificate_no,
        "certificate_expires_on": certificate_expires_on,
        "qualifications": qualifications,
        "counties": counties,
        "phone": phone,
        "account": account,
    }
    done = await connection().execute(
        f"insert into inspector (id, {', '.join(fields)}) values ($1, {', '.join(f'${n}' for n in range(2, len(fields) + 2))})"
        " on conflict (certificate_no) do nothing",
        inspector_id,
        *fields.values(),
    )
    if done.endswith("0"):
        raise certificate_taken()
    entry = await ledger.record(
        "inspector.changed",
        actor=by,
        subject=str(inspector_id),
        payload={
            "what": "added",
            "department": department,
            "certificate_expires_on": certificate_expires_on.isoformat(),
            "qualifications": qualifications,
            "counties": counties,
        },
    )
    await history.note("inspector", inspector_id, "added", old={}, new=fields, version=1, by=by, entry=entry)
    return inspector_id


async def seconds_blocked(key: str, limit: int) -> int:
    """For how long a key that has failed ``limit`` times in the running window is kept out; 0 when it may try."""
    row = await connection().fetchrow("select failures, window_started_at from login_attempt where key = $1", key)
    if row is None or row["failures"] < limit:
        return 0
    left = row["window_started_at"] + rules.WINDOW - clock.now()
    return max(0, int(left.total_seconds()))


async def count_failure(key: str) -> None:
    # One statement, so that parallel guesses on several servers are all counted.
    await connection().execute(
        "insert into login_attempt (key, failures, window_started_at) values ($1, 1, $2) on conflict (key) do update set"
        " failures = case when login_attempt.window_started_at < $3 then 1 else login_attempt.failures + 1 end,"
        " window_started_at = case when login_attempt.window_started_at < $3 then $2 else login_attempt.window_started_at end",
        key,
        clock.now(),
        clock.now() - rules.WINDOW,
    )


async def clear_failures(key: str) -> None:
    """Whoever has proved themselves begins anew."""
    await connection().execute("delete from login_attempt where key = $1", key)


def failures_key(username: str) -> str:
    return "a:" + hashlib.sha256(username.encode()).hexdigest()


def _keys(username: str, address: str) -> tuple[tuple[str, int], ...]:
    return (failures_key(username), rules.FAILURES_PER_ACCOUNT), ("ip:" + network(address), rules.FAILURES_PER_ADDRESS)


async def refuse_blocked(username: str, address: str) -> TooManyAttempts | None:
    """Whether an account name or a visitor is kept out by earlier failures, of passwords and of codes."""
    for key, limit in _keys(username, address):
        if seconds := await seconds_blocked(key, limit):
            return TooManyAttempts(retry_after_s=seconds)
    return None


async def count_failures(username: str, address: str) -> bool:
    """Count a wrong password or code against name and visitor. Returns whether the name is kept out from now on."""
    keys = _keys(username, address)
    for key, _limit in keys:
        await count_failure(key)
    return await seconds_blocked(*keys[0]) > 0


async def check_password(username: str, password: str, address: str) -> UUID | DomainError:
    """The account id, or the refusal *returned*: its count of failures must be committed, so nothing may be raised here."""
    if refusal := await refuse_blocked(username, address):
        return refusal
    account = await Account.select(Account.id, Account.password_hash, Account.active).where(Account.username == username).first()
    is_right = await matches(account["password_hash"] if account else _NOBODY, password)
    if account is None or not is_right or not account["active"]:
        wrong = BadCredentials()
        if await count_failures(username, address) and account is not None:
            wrong.locks = account["id"]
        return wrong
    # Whoever knows the password must not get five more guesses at the code by typing it again.
    if not await queries.has_factor(account["id"]):
        await clear_failures(failures_key(username))
    return UUID(str(account["id"]))


async def is_password(password_hash: str | None, password: str) -> bool:
    """Takes as long where there is nobody (None), so that an answer's time does not tell who is there."""
    return await matches(password_hash or _NOBODY, password) and password_hash is not None


async def forget_failures() -> int:
    """Delete counts of failed sign-ins whose window is over. Returns how many."""
    done = await aside().execute("delete from login_attempt where window_started_at < $1", clock.now() - rules.WINDOW)
    return int(done.rpartition(" ")[2])


async def open_session(account_id: UUID, replaces: str | None = None, agent: str = "") -> str:
    """A new session cookie for the account. ``replaces`` ends the visitor's former session: a key is never kept over a sign-in."""
    if replaces:
        await close_session(replaces)
    cookie = secrets.token_urlsafe(32)
    now = clock.now()
    await Session.delete().where(Session.expires_at < now)
    await Session.insert(
        Session(
            key_sha256=hash_key(cookie),
            account=account_id,
            created_at=now,
            expires_at=now + rules.SESSION_LIFETIME,
            seen_at=now,
            proved_at=now,
            agent=agent[:80],
        )
    )
    return cookie


async def note_seen(cookie: str) -> None:
    """A session was used, written down to the minute."""
    now = clock.now()
    await connection().execute("update session set seen_at = $2 where key_sha256 = $1 and seen_at < $3", hash_key(cookie), now, now - rules.SEEN_EVERY)


async def close_session(cookie: str) -> None:
    await Session.delete().where(Session.key_sha256 == hash_key(cookie))


async def enrol_device(device_id: UUID, *, account_id: UUID, name: str, public_key: dict[str, Any], session: str | None = None) -> None:
    """Register a phone's signing key, and let the session of this cookie be on that phone. Idempotent for the same key.

    Raises ``Conflict`` for another key under the same id or another account's phone, ``DeviceRevoked`` for one that was reported lost.
    """
    if public_key.get("kty") != "EC" or public_key.get("crv") != "P-256" or not {"x", "y"} <= public_key.keys() or "d" in public_key:
        raise Invalid(field="public_key", why_zh="须为 P-256 公钥", why_en="a P-256 public key is needed")
    key = {k: public_key[k] for k in ("kty", "crv", "x", "y")}
    # One statement, so that two requests of one phone that meet make one device; a lost one cannot be let in while it is being revoked.
    made = await connection().fetchval(
        "insert into device (id, account, name, public_key, enrolled_at, last_seen_at) values ($1, $2, $3, $4, $5, $5)"
        " on conflict (id) do nothing returning id",
        device_id,
        account_id,
        name[:120],
        json.dumps(key),
        clock.now(),
    )
    if made is None:
        known = await connection().fetchrow("select account, public_key, revoked_at from device where id = $1 for share", device_id)
        if known["account"] != account_id or json.loads(known["public_key"]) != key:
            raise Conflict()
        if known["revoked_at"]:
            raise _revoked(known["revoked_at"])
    if session is not None:
        await connection().execute("update session set device = $2 where key_sha256 = $1 and account = $3", hash_key(session), device_id, account_id)
    if made is not None:
        await ledger.record("device.enrolled", actor=account_id, subject=str(device_id), payload={"public_key": key})


def _revoked(at: datetime) -> DeviceRevoked:
    return DeviceRevoked(revoked_at=at.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M"), revoked_at_ms=round(at.timestamp() * 1000))


async def note_contact(device_id: UUID) -> None:
    """A phone was heard of, written down to the nearest ten minutes."""
    now = clock.now()
    await connection().execute(
        "update device set last_seen_at = $2 where id = $1 and (last_seen_at is null or last_seen_at < $3)", device_id, now, now - rules.CONTACT_EVERY
    )


async def revoke_device(device_id: UUID, *, by: UUID) -> UUID | None:
    """A lost phone: its key signs no more, its sessions end. Gives the owner's account, or None where that was done already.

    Sessions that have not named their phone end too, for one of them may be on this one; those on the owner's other phones stay.
    """
    known = await connection().fetchrow("select account, revoked_at from device where id = $1 for update", device_id)
    if known is None:
        raise NotFound()
    if known["revoked_at"]:
        return None
    account = UUID(str(known["account"]))
    await Device.update({Device.revoked_at: clock.now()}).where(Device.id == device_id)
    await connection().execute("delete from session where account = $1 and (device = $2 or device is null)", account, device_id)
    await ledger.record("device.revoked", actor=by, subject=str(device_id), payload={"account": str(account)})
    return account


async def find_device_key(device_id: UUID, account_id: UUID) -> dict[str, Any]:
    """The public JWK of a phone of this account that stands. Raises ``UnknownDevice``, ``DeviceRevoked``."""
    return (await find_signing_key(device_id, account_id=account_id, by=None)).public_key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """``revoked_at``: when the phone that holds it was reported lost; the record that it signed was brought by its owner since."""

    public_key: dict[str, Any]
    revoked_at: datetime | None


async def find_signing_key(device_id: UUID, *, account_id: UUID, by: UUID | None) -> SigningKey:
    """The key of the phone that signed, for a record handed in by ``account_id`` from the phone ``by`` (rules.may_hand_in).

    Raises ``UnknownDevice`` for a phone that is not this account's, ``DeviceRevoked`` for a lost one where its owner has not enrolled anew.
    """
    rows = await connection().fetch(
        "select id, account, public_key, enrolled_at, revoked_at from device where id = any($1) for share", [d for d in (device_id, by) if d is not None]
    )
    known = {row["id"]: row for row in rows}
    signing = known.get(device_id)
    if signing is None or signing["account"] != account_id:
        raise UnknownDevice()

    def key(row: Any) -> rules.Key:
        return rules.Key(row["account"], row["enrolled_at"], row["revoked_at"])

    if not rules.may_hand_in(key(signing), key(known[by]) if by in known else None):
        raise _revoked(signing["revoked_at"])
    return SigningKey(json.loads(signing["public_key"]), signing["revoked_at"])


def require(principal: rules.Principal, *roles: str) -> None:
    if principal.role not in roles:
        raise Forbidden()
