"""A result's page is built anew when an enterprise's reply beside it comes, goes public or is withheld."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T02:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "kept pages of results follow their replies"

UP = (
    "create function kept_response_changed() returns trigger language plpgsql as $$"
    " begin insert into kept_change (subject) select distinct 'result:' || result from fresh; return null; end $$",
    *(
        f"create trigger kept_response_{event} after {event} on response referencing new table as fresh"
        " for each statement execute function kept_response_changed()"
        for event in ("insert", "update")
    ),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
