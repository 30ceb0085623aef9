"""Passkeys; sessions and push subscriptions know their phone; a record tells by which phone it was handed in."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "passkeys and the life of a phone"

UP = (
    "alter table device add column last_seen_at timestamptz",
    "create index device_account on device (account)",
    "alter table session add column device uuid references device (id) on delete cascade",
    "create index session_device on session (device) where device is not null",
    "create table passkey (id uuid primary key, account uuid not null references account (id) on delete restrict,"
    " device uuid references device (id) on delete restrict, credential_id bytea not null unique, public_key bytea not null,"
    " sign_count bigint not null, is_synced boolean not null, name varchar(120) not null, created_at timestamptz not null, last_used_at timestamptz)",
    "create index passkey_account on passkey (account)",
    "create table passkey_challenge (id uuid primary key, account uuid references account (id) on delete cascade, challenge bytea not null,"
    " expires_at timestamptz not null)",
    "create index passkey_challenge_expires_at on passkey_challenge (expires_at)",
    "alter table push_subscription add column device uuid",
    "create index push_subscription_device on push_subscription (device) where device is not null",
    "alter table submission add column handed_in_by uuid, add column key_revoked_at timestamptz",
    "create function submission_way_is_sealed() returns trigger language plpgsql as $$ begin"
    " if (new.handed_in_by, new.key_revoked_at) is distinct from (old.handed_in_by, old.key_revoked_at)"
    " then raise exception 'how a record came is never changed' using errcode = 'integrity_constraint_violation'; end if; return new; end $$",
    "create trigger submission_way_sealed before update on submission for each row execute function submission_way_is_sealed()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
