"""Verbs on passkeys (W3C Web Authentication, Level 3): ask, add, sign in, remove.

A part of this room's service with a file of its own. Each ceremony is two calls: a challenge is stored and given out, and is taken
back once, within minutes, whatever the answer is worth. Attestation is not asked for: which make of phone it is decides nothing here.
User verification is required, because a passkey stands in for the password. Proven by tests/rooms/test_passkeys.py.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from webauthn import generate_authentication_options, generate_registration_options, verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, NotFound
from backend.kernel.ids import new_id
from backend.kernel.settings import settings
from backend.ledger import service as ledger
from backend.limits.rules import network
from backend.people import rules, service
from backend.storage.engine import connection

log = structlog.get_logger()
NAME = "Sunlot 阳光抽查"


class NoPasskeys(DomainError):
    code = "no-passkeys"
    status = 409
    zh = "本系统的网址不支持通行密钥，请用密码登录"
    en = "The address of this system does not allow passkeys: sign in with the password"


class BadPasskey(DomainError):
    code = "bad-passkey"
    status = 401
    zh = "没有认出这个通行密钥，请用密码登录"
    en = "This passkey was not recognised: sign in with the password"


class StaleChallenge(DomainError):
    code = "stale-challenge"
    status = 422
    zh = "等待时间过长，请再试一次"
    en = "That took too long: try again"


class TooManyPasskeys(Conflict):
    code = "too-many-passkeys"
    zh = "通行密钥已有 {limit} 个，请先移除不用的"
    en = "There are {limit} passkeys already: remove one first"


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser is asked: ``options`` as WebAuthn's JSON, to be answered under ``id``."""

    id: UUID
    options: dict[str, Any]


def _party() -> rules.RelyingParty:
    party = rules.relying_party(settings().base_url)
    if party is None:
        raise NoPasskeys()
    return party


async def _ask(options: Any, account: UUID | None) -> Ceremony:
    now = clock.now()
    ceremony = new_id()
    await connection().execute("delete from passkey_challenge where expires_at < $1", now)
    await connection().execute(
        "insert into passkey_challenge (id, account, challenge, expires_at) values ($1, $2, $3, $4)",
        ceremony,
        account,
        options.challenge,
        now + rules.CHALLENGE_LIFETIME,
    )
    return Ceremony(ceremony, options_to_json_dict(options))


async def _take(ceremony: UUID, account: UUID | None) -> bytes | None:
    """The challenge, which is gone from now on; None where there is none that may still be answered."""
    row = await connection().fetchrow(
        "delete from passkey_challenge where id = $1 and account is not distinct from $2 returning challenge, expires_at", ceremony, account
    )
    return bytes(row["challenge"]) if row and row["expires_at"] > clock.now() else None


async def ask_to_add(account_id: UUID, *, username: str, name: str) -> Ceremony:
    """What the browser needs to make a passkey for this account. Raises ``NoPasskeys``, ``TooManyPasskeys``."""
    party = _party()
    known = await connection().fetch("select credential_id from passkey where account = $1", account_id)
    if len(known) >= rules.PASSKEYS_PER_ACCOUNT:
        raise TooManyPasskeys(limit=rules.PASSKEYS_PER_ACCOUNT)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=NAME,
        user_id=account_id.bytes,  # random, so it tells nobody who that is
        user_name=username,
        user_display_name=name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(row["credential_id"])) for row in known],
    )
    return await _ask(options, account_id)


async def add(ceremony: UUID, credential: dict[str, Any], *, account_id: UUID, device: UUID | None, name: str) -> UUID | DomainError:
    """The passkey's id, or the refusal *returned*: the challenge is spent either way, so nothing may be raised here."""
    party = _party()
    challenge = await _take(ceremony, account_id)
    if challenge is None:
        return StaleChallenge()
    try:
        made = verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=party.id, expected_origin=party.origin, require_user_verification=True
        )
    except (WebAuthnException, ValueError) as e:
        log.info("passkey.refused", why=str(e))
        return BadPasskey()
    passkey_id = new_id()
    is_synced = made.credential_device_type == CredentialDeviceType.MULTI_DEVICE
    done = await connection().execute(
        "insert into passkey (id, account, device, credential_id, public_key, sign_count, is_synced, name, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (credential_id) do nothing",
        passkey_id,
        account_id,
        device,
        made.credential_id,
        made.credential_public_key,
        made.sign_count,
        is_synced,
        name.strip()[:120],
        clock.now(),
    )
    if done.endswith("0"):
        return Conflict()
    await ledger.record(
        "passkey.added",
        actor=account_id,
        subject=str(passkey_id),
        payload={
            "account": str(account_id),
            "device": str(device) if device else None,
            "credential_sha256": hashlib.sha256(made.credential_id).hexdigest(),
            "synced": is_synced,
        },
    )
    return passkey_id


async def ask_to_sign_in(address: str) -> Ceremony | DomainError:
    """What the browser needs to sign in with any passkey it holds for us, or the refusal returned, for its count must stand."""
    party = _party()
    try:
        await service.count_try("pk:" + network(address), rules.CHALLENGES_PER_ADDRESS)
    except service.TooManyAttempts as e:
        return e
    return await _ask(generate_authentication_options(rp_id=party.id, user_verification=UserVerificationRequirement.REQUIRED), None)


async def check(ceremony: UUID, credential: dict[str, Any], address: str) -> UUID | DomainError:
    """The account id, or the refusal *returned*: the spent challenge and the count of failures must be committed.

    A signature counter that does not go up (WebAuthn 6.1.1: a copied key) refuses as a wrong signature does.
    """
    party = _party()
    challenge = await _take(ceremony, None)
    key = ("ip:" + network(address), rules.FAILURES_PER_ADDRESS)
    if seconds := await service.seconds_blocked(*key):
        return service.TooManyAttempts(retry_after_s=seconds)
    if challenge is None:
        return StaleChallenge()
    row = await connection().fetchrow(
        "select p.id, p.account, p.public_key, p.sign_count from passkey p join account a on a.id = p.account"
        " where p.credential_id = $1 and a.active for update of p",
        _raw_id(credential),
    )
    try:
        if row is None:
            raise ValueError("no such passkey")
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=bytes(row["public_key"]),
            credential_current_sign_count=row["sign_count"],
            require_user_verification=True,
        )
        handle = credential["response"].get("userHandle")
        if handle is not None and base64url_to_bytes(handle) != row["account"].bytes:
            raise ValueError("the passkey of another account")
    except (WebAuthnException, ValueError) as e:
        log.info("passkey.refused", why=str(e))
        await service.count_failure(key[0])
        return BadPasskey()
    await connection().execute("update passkey set sign_count = $2, last_used_at = $3 where id = $1", row["id"], used.new_sign_count, clock.now())
    return UUID(str(row["account"]))


def _raw_id(credential: dict[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(str(credential.get("rawId", "")))
    except ValueError:
        return b""


async def remove(passkey_id: UUID, *, account_id: UUID, by: UUID) -> None:
    """End one passkey of an account. Raises ``NotFound`` for what is not this account's."""
    gone = await connection().fetchrow("delete from passkey where id = $1 and account = $2 returning credential_id", passkey_id, account_id)
    if gone is None:
        raise NotFound()
    await _record_removed(passkey_id, gone["credential_id"], account_id=account_id, by=by, why="owner" if by == account_id else "office")


async def remove_lost(device: UUID, *, account_id: UUID, by: UUID) -> int:
    """End every passkey that may be on a lost phone: made on it, synced to all of its owner's phones, or made who knows where."""
    gone = await connection().fetch(
        "delete from passkey where account = $1 and (device = $2 or device is null or is_synced) returning id, credential_id", account_id, device
    )
    for row in gone:
        await _record_removed(row["id"], row["credential_id"], account_id=account_id, by=by, why="lost phone")
    return len(gone)


async def _record_removed(passkey_id: UUID, credential_id: bytes, *, account_id: UUID, by: UUID, why: str) -> None:
    await ledger.record(
        "passkey.removed",
        actor=by,
        subject=str(passkey_id),
        payload={"account": str(account_id), "credential_sha256": hashlib.sha256(credential_id).hexdigest(), "why": why},
    )
