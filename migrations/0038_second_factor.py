"""Authenticator apps, recovery codes, and sign-ins that wait for one of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T04:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a second factor beside the password"

UP = (
    "create table authenticator (account uuid primary key references account (id) on delete cascade, sealed bytea, confirmed_at timestamptz,"
    " last_step bigint not null, pending bytea, pending_at timestamptz, check ((sealed is null) = (confirmed_at is null)))",
    "create table recovery_code (id uuid primary key, account uuid not null references account (id) on delete cascade, place varchar(1) not null,"
    " code_hash varchar(200) not null, created_at timestamptz not null, used_at timestamptz, unique (account, place))",
    "create table sign_in_step (key_sha256 varchar(64) primary key, account uuid not null references account (id) on delete cascade,"
    " expires_at timestamptz not null)",
    "create index sign_in_step_expires_at on sign_in_step (expires_at)",
    "create index sign_in_step_account on sign_in_step (account)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
