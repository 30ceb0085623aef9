from __future__ import annotations

from piccolo.columns import UUID, Array, BigInt, Boolean, Bytea, ForeignKey, OnDelete, SmallInt, Timestamptz, Varchar
from piccolo.table import Table


class ClaimCode(Table, tablename="claim_code"):
    """认领码 One one-time code by which a person comes in for an enterprise. It ends by being used, replaced or revoked, by time or by wrong tries."""

    id = UUID(primary_key=True, default=None)
    enterprise = UUID(default=None, index=True)
    kind = Varchar(length=6)  # post | site | invite
    locator = Varchar(length=6, index=True)
    code_hash = Varchar(length=64)  # HMAC under a key of this installation: the table alone opens nothing
    rights = Array(base_column=Varchar(length=10))  # of an invitation; the office's codes make an owner
    issued_by = UUID(default=None)  # account, or the member who invites
    issued_at = Timestamptz()
    expires_at = Timestamptz()
    tries = SmallInt(default=0)
    used_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ending = Varchar(length=10)  # empty | revoked | replaced | tries
    entry_id = UUID(default=None)


class ClaimMember(Table, tablename="claim_member"):
    """企业人员 One person of one enterprise. Name, position and telephone are sealed; the telephone goes when the row ends."""

    id = UUID(primary_key=True, default=None)
    enterprise = UUID(default=None, index=True)
    is_owner = Boolean()
    rights = Array(base_column=Varchar(length=10))
    sealed = Bytea()  # {"person", "position", "phone"}
    login_hash = Varchar(length=64)  # HMAC of enterprise and telephone: found by it, not readable from it
    password_hash = Varchar(length=200)
    code = ForeignKey(references=ClaimCode, on_delete=OnDelete.restrict, null=False)  # by which they came in
    joined_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    ending = Varchar(length=200)  # empty, or why
    version = SmallInt(default=1)


class ClaimSession(Table, tablename="claim_session"):
    """企业会话 One sign-in of an enterprise's person. The key is the SHA-256 of the cookie: a leaked table opens no session."""

    key_sha256 = Varchar(length=64, primary_key=True, default=None)
    member = ForeignKey(references=ClaimMember, on_delete=OnDelete.cascade, null=False)
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)


class ClaimPasskey(Table, tablename="claim_passkey"):
    """企业通行密钥 One passkey (WebAuthn credential) of an enterprise's person. Only its use changes it; a removed one is deleted."""

    id = UUID(primary_key=True, default=None)
    member = ForeignKey(references=ClaimMember, on_delete=OnDelete.cascade, null=False)
    credential_id = Bytea(unique=True)
    public_key = Bytea()  # COSE
    sign_count = BigInt()
    name = Varchar(length=120)
    created_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)


class ClaimChallenge(Table, tablename="claim_challenge"):
    """企业通行密钥质询 One question that a browser was asked and may answer once, within minutes."""

    id = UUID(primary_key=True, default=None)
    member = ForeignKey(references=ClaimMember, on_delete=OnDelete.cascade, null=True, default=None)  # nobody yet at a sign-in
    challenge = Bytea()
    expires_at = Timestamptz(index=True)


class ClaimUpload(Table, tablename="claim_upload"):
    """企业上传 One file that an enterprise's person handed in, by the hash of what is kept of it. The file itself is in `received_file`."""

    id = UUID(primary_key=True, default=None)
    enterprise = UUID(default=None)
    sha256 = Varchar(length=64)
    bytes = BigInt()
    uploaded_by = UUID(default=None)
    uploaded_at = Timestamptz()
