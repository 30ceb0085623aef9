"""A job of the outbox remembers the request that asked for it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "request ids in the outbox"

UP = ("alter table outbox_job add column request_id varchar(64)",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
