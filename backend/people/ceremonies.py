"""The two ceremonies of W3C Web Authentication, Level 3, without a table: what a browser is asked, and what its answer is worth.

Shared by whoever keeps passkeys: the office's accounts (passkeys.py) and the enterprises' people (backend/claims/passkeys.py).
Attestation is not asked for: which make of phone it is decides nothing here. User verification is required, because a passkey stands
in for the password. Proven by tests/rooms/test_passkeys.py and tests/rooms/test_claims.py.
"""

from __future__ import annotations

from collections.abc import Sequence
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

from backend.kernel.errors import Conflict, DomainError
from backend.kernel.settings import settings
from backend.people import rules

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


@dataclass(frozen=True, slots=True)
class Question:
    """``challenge`` is kept, once; ``options`` go to the browser."""

    challenge: bytes
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """``public_key`` as COSE; ``is_synced``: it may be on other phones of its owner."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


def require_party() -> rules.RelyingParty:
    """Raises ``NoPasskeys``."""
    party = rules.relying_party(settings().base_url)
    if party is None:
        raise NoPasskeys()
    return party


def ask_to_make(owner: UUID, *, username: str, name: str, known: Sequence[bytes]) -> Question:
    """What the browser needs to make a passkey. ``owner`` is random, so it tells nobody who that is. Raises ``NoPasskeys``, ``TooManyPasskeys``."""
    party = require_party()
    if len(known) >= rules.PASSKEYS_PER_ACCOUNT:
        raise TooManyPasskeys(limit=rules.PASSKEYS_PER_ACCOUNT)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=NAME,
        user_id=owner.bytes,
        user_name=username,
        user_display_name=name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    return Question(options.challenge, options_to_json_dict(options))


def read_made(credential: dict[str, Any], challenge: bytes) -> Made | None:
    """None for an answer that is not worth anything."""
    party = require_party()
    try:
        made = verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=party.id, expected_origin=party.origin, require_user_verification=True
        )
    except (WebAuthnException, ValueError) as e:
        log.info("passkey.refused", why=str(e))
        return None
    return Made(
        made.credential_id, made.credential_public_key, made.sign_count, is_synced=made.credential_device_type == CredentialDeviceType.MULTI_DEVICE
    )


def ask_to_use() -> Question:
    """What the browser needs to sign in with any passkey it holds for us. Raises ``NoPasskeys``."""
    options = generate_authentication_options(rp_id=require_party().id, user_verification=UserVerificationRequirement.REQUIRED)
    return Question(options.challenge, options_to_json_dict(options))


def raw_id(credential: dict[str, Any]) -> bytes:
    """Which passkey an answer says that it is; empty where it says nothing."""
    try:
        return base64url_to_bytes(str(credential.get("rawId", "")))
    except ValueError:
        return b""


def read_used(credential: dict[str, Any], challenge: bytes, *, owner: UUID, public_key: bytes, sign_count: int) -> int | None:
    """The new signature counter, or None for an answer that is not worth anything.

    A counter that does not go up (WebAuthn 6.1.1: a copied key) refuses as a wrong signature does.
    """
    party = require_party()
    try:
        used = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
        handle = credential["response"].get("userHandle")
        if handle is not None and base64url_to_bytes(handle) != owner.bytes:
            raise ValueError("the passkey of another account")
    except (WebAuthnException, ValueError) as e:
        log.info("passkey.refused", why=str(e))
        return None
    return int(used.new_sign_count)
