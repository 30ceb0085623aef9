from __future__ import annotations

from piccolo.columns import UUID, BigInt, Bytea, Timestamptz, Varchar
from piccolo.table import Table


class Authenticator(Table, tablename="authenticator"):
    """验证器 One account's authenticator app: its sealed secret, and the one that was shown and has not given a code yet."""

    account = UUID(primary_key=True, default=None)
    sealed = Bytea(null=True, default=None)  # empty until the first code
    confirmed_at = Timestamptz(null=True, default=None)
    last_step = BigInt(default=0)  # the latest 30 s whose code was taken: none is taken twice
    pending = Bytea(null=True, default=None)
    pending_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_code"):
    """恢复码 One of the ten codes that stand in once each for an app or passkey that is lost. Only its use changes it."""

    id = UUID(primary_key=True, default=None)
    account = UUID(default=None)
    place = Varchar(length=1)  # the code's first character, by which it is found
    code_hash = Varchar(length=200)  # argon2id
    created_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class SignInStep(Table, tablename="sign_in_step"):
    """待验证登录 One sign-in whose password was right and whose second factor is awaited. The key is the SHA-256 of the cookie; it opens nothing."""

    key_sha256 = Varchar(length=64, primary_key=True, default=None)
    account = UUID(default=None)
    expires_at = Timestamptz(index=True)
