from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table


class Department(Table, tablename="department"):
    """部门 One authority that inspects."""

    code = Varchar(length=20, primary_key=True, default=None)
    name_zh = Varchar(length=80)
    name_en = Varchar(length=120)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)  # the first day on which it is no longer an authority
    version = Integer(default=1)


class Account(Table, tablename="account"):
    """账号 One person who may sign in, with one role, one department and the region that they may see."""

    id = UUID(primary_key=True, default=UUID4())
    username = Varchar(length=60, unique=True)
    password_hash = Varchar(length=200)
    name = Varchar(length=60)
    role = Varchar(length=20)
    department = ForeignKey(references=Department, on_delete=OnDelete.restrict, null=True)
    region = Varchar(length=12)  # a GB/T 2260 prefix without trailing zero pairs: "5303" is the whole city
    active = Boolean(default=True)
    created_at = Timestamptz()
    password_changed_at = Timestamptz()
    must_change = Boolean(default=False)  # the password was given by somebody else


class Inspector(Table, tablename="inspector"):
    """执法检查人员 One certified officer. Only valid ones with a certificate in date enter a pool."""

    id = UUID(primary_key=True, default=UUID4())
    account = ForeignKey(references=Account, on_delete=OnDelete.restrict, null=True, unique=True)
    name = Varchar(length=60)
    department = ForeignKey(references=Department, on_delete=OnDelete.restrict)
    certificate_no = Varchar(length=40, unique=True)
    certificate_expires_on = Date()
    qualifications = Array(base_column=Varchar(length=40))
    counties = Array(base_column=Varchar(length=12))
    phone = Varchar(length=40, default="")
    is_valid = Boolean(default=True)
    version = Integer(default=1)


class Device(Table, tablename="device"):
    """设备 One phone's signing key, enrolled by its owner; ends when `revoked_at` is set."""

    id = UUID(primary_key=True, default=None)
    account = ForeignKey(references=Account, on_delete=OnDelete.restrict)
    name = Varchar(length=120)
    public_key = JSONB()  # JWK, EC P-256
    enrolled_at = Timestamptz()
    revoked_at = Timestamptz(null=True, default=None)
    last_seen_at = Timestamptz(null=True, default=None)


class Session(Table, tablename="session"):
    """会话 One sign-in. The key is the SHA-256 of the cookie: a leaked table opens no session."""

    key_sha256 = Varchar(length=64, primary_key=True, default=None)
    account = ForeignKey(references=Account, on_delete=OnDelete.cascade)
    device = ForeignKey(references=Device, on_delete=OnDelete.cascade, null=True, default=None)  # the phone, once it has named itself
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)
    id = UUID(unique=True, default=UUID4())  # how its owner names it
    seen_at = Timestamptz()  # its last request, to the minute
    proved_at = Timestamptz()  # when its owner proved who they are
    agent = Varchar(length=80, default="")  # browser and system, as it says itself


class Passkey(Table, tablename="passkey"):
    """通行密钥 One passkey (WebAuthn credential) by which its owner signs in. Only its use changes it; a removed one is deleted."""

    id = UUID(primary_key=True, default=None)
    account = ForeignKey(references=Account, on_delete=OnDelete.restrict, null=False)
    device = ForeignKey(references=Device, on_delete=OnDelete.restrict, null=True, default=None)  # the phone that made it, where known
    credential_id = Bytea(unique=True)
    public_key = Bytea()  # COSE
    sign_count = BigInt()
    is_synced = Boolean()  # may be on other phones of its owner too
    name = Varchar(length=120)
    created_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)


class PasskeyChallenge(Table, tablename="passkey_challenge"):
    """通行密钥质询 One question that a browser was asked and may answer once, within minutes."""

    id = UUID(primary_key=True, default=None)
    account = ForeignKey(references=Account, on_delete=OnDelete.cascade, null=True, default=None)  # who adds a passkey; nobody yet at a sign-in
    challenge = Bytea()
    expires_at = Timestamptz(index=True)


class LoginAttempt(Table, tablename="login_attempt"):
    """登录尝试 Failed sign-ins of one account name or one address within the running window."""

    key = Varchar(length=80, primary_key=True, default=None)
    failures = Integer(default=0)
    window_started_at = Timestamptz()
