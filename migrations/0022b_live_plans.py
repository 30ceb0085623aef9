"""Changes of yearly plans are told on the channel "live" in the transaction that makes them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:00:00:500000"
VERSION = "1.38.0"
DESCRIPTION = "triggers that tell of changes of yearly plans"

UP = (
    # What is or was in force concerns the whole region, a draft its department.
    "create function live_tell_plan(wanted uuid) returns void language sql as $$"
    " select live_tell('plan', p.id, '{}', case when e.state in ('approved','published','superseded') then '{}'::text[] else array[p.department::text] end,"
    " p.region) from plan_edition e join annual_plan p on p.id = e.plan where e.id = wanted $$",
    "create function live_plan_edition() returns trigger language plpgsql as $$ begin perform live_tell_plan(new.id); return null; end $$",
    "create function live_of_plan_edition() returns trigger language plpgsql as $$ begin"
    " perform live_tell_plan(case tg_op when 'DELETE' then old.edition else new.edition end); return null; end $$",
    "create trigger plan_edition_live after insert or update on plan_edition for each row execute function live_plan_edition()",
    "create trigger plan_line_live after insert or update or delete on plan_line for each row execute function live_of_plan_edition()",
    "create trigger plan_campaign_live after insert on plan_campaign for each row execute function live_of_plan_edition()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
