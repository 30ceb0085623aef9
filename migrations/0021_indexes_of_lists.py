"""Indexes that the list pages ask for."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:21:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes without which a list page reads a big table from end to end"

UP = (
    "create index submission_of on submission (inspection, received_at desc)",
    "create index submission_waiting on submission (state, received_at)",
    "create index submission_photo_of on submission_photo (submission)",
    "create index inspection_officer_department on inspection_officer (department, inspection)",
    "create index inspection_state on inspection (state, due_on)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
