"""The working days to publish stand in the table of statutory periods alone; orders to correct are counted and told of."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:13:700000"
VERSION = "1.38.0"
DESCRIPTION = "figures of orders to correct"

UP = (
    "alter table notify_robot_item add column text text not null default ''",
    "delete from figure_standard where kind = 'working_days'",
    "alter table figure_standard drop constraint figure_standard_kind",
    "alter table figure_standard add constraint figure_standard_kind check (kind = 'target')",
    "create index rectification_due on rectification_order (due_on)",
    "create trigger rectification_live after insert or update on rectification_order for each row execute function live_of_inspection()",
    "create trigger desk_comment_live after insert on desk_comment for each row execute function live_of_inspection()",
    "create trigger desk_extension_live after insert on desk_extension for each row execute function live_of_inspection()",
    "create trigger rectification_followup_live after insert or update on rectification_followup for each row execute function live_of_inspection()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
