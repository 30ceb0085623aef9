"""Visits that went on without a scan: until when it is owed, and how the back-fill stands."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T14:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "back-fill of scans"

UP = (
    "alter table inspection add column scan_due_on date",
    "alter table submission add column backfill_due_on date, add column is_backfill_late boolean not null default false",
    "alter table submission add constraint submission_late_of_backfill check (not is_backfill_late or backfill_due_on is not null)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
