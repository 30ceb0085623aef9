from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, BigSerial, Boolean, Bytea, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class LedgerStage(Table, tablename="ledger_stage"):
    """待入日志 One entry that a business transaction wrote and the sequencer has not yet placed. Never changed, only taken out."""

    id = BigSerial(primary_key=True)
    entry_id = UUID(unique=True, default=None)
    leaf = Bytea()  # canonical bytes of the entry, the Merkle leaf's input


class LedgerEntry(Table, tablename="ledger_entry"):
    """日志条目 What people may search of one entry, written with it. Never changed; `leaf_sha256` is the RFC 6962 leaf hash."""

    entry_id = UUID(primary_key=True, default=None)
    type = Varchar(length=60, index=True)
    at = Timestamptz(index=True)
    actor = Varchar(length=64)  # pseudonym
    subject = Varchar(length=100, index=True)  # pseudonym or public id
    leaf_sha256 = Bytea(unique=True)


class LedgerPayload(Table, tablename="ledger_payload"):
    """条目内容 The payload and salt behind an entry's `ph`, outside the tree: may be erased, leaving a tombstone."""

    entry_id = UUID(primary_key=True, default=None)
    salt = Bytea(null=True, default=None)
    payload = JSONB(null=True, default=None)
    is_public = Boolean(default=False)
    erased_at = Timestamptz(null=True, default=None)
    erased_reason = Text(null=True, default=None)


class LedgerLeaf(Table, tablename="ledger_leaf"):
    """日志叶 One placed entry at its index. Append-only, by trigger."""

    index = BigInt(primary_key=True, default=None)
    entry_id = UUID(unique=True, default=None)
    leaf = Bytea()
    leaf_sha256 = Bytea(index=True)


class LedgerTile(Table, tablename="ledger_tile"):
    """日志瓦片 Up to 256 node hashes of one level (C2SP tlog-tiles). Grows to the right until full, then never changes."""

    id = BigSerial(primary_key=True)
    level = Integer()
    number = BigInt()
    hashes = Bytea()  # 32 bytes each


class LedgerCheckpoint(Table, tablename="ledger_checkpoint"):
    """检查点 The tree's size and root at one moment; `note` is the signed note once it is signed. Append-only but for `note`."""

    size = BigInt(primary_key=True, default=None)
    root = Bytea()
    at = Timestamptz()
    note = Text(null=True, default=None)


class LedgerCosignature(Table, tablename="ledger_cosignature"):
    """见证签名 One witness's signature line over a checkpoint. Append-only."""

    id = BigSerial(primary_key=True)
    size = BigInt(index=True)
    witness = Varchar(length=120)
    line = Text()
