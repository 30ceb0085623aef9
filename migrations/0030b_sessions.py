"""Sessions that end when nobody uses them and can be seen by their owner; passwords that must be changed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:40:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "sessions and passwords by ASVS"

UP = (
    "alter table account add column password_changed_at timestamptz, add column must_change boolean not null default false",
    "update account set password_changed_at = created_at",
    "alter table account alter column password_changed_at set not null, alter column password_changed_at set default now()",
    "alter table session add column id uuid not null default gen_random_uuid(), add column seen_at timestamptz,"
    " add column proved_at timestamptz, add column agent varchar(80) not null default ''",
    "update session set seen_at = created_at, proved_at = created_at",
    "alter table session alter column seen_at set not null, alter column proved_at set not null",
    "create unique index session_id on session (id)",
    "create index session_account on session (account)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
