"""By what an enterprise came into the register."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:20:000000"
VERSION = "1.38.0"
DESCRIPTION = "the origin of what is new in the register"

# One row for a whole file: all that one statement adds has one time of entry.
INSERTED = """
create or replace function enterprise_inserted() returns trigger language plpgsql as $$
declare
  origin jsonb := nullif(current_setting('sunlot.origin', true), '')::jsonb;
begin
  if origin is not null then
    insert into enterprise_arrival (created_at, kind, source, account)
      select distinct created_at, origin->>'kind', (origin->>'source')::uuid, (origin->>'account')::uuid from fresh on conflict do nothing;
  end if;
  if (select count(*) from (select from fresh limit 5001) x) > 5000 then
    insert into enterprise_unindexed (enterprise) select id from fresh order by random();
  else
    perform enterprise_index(array(select id from fresh));
  end if;
  return null;
end
$$
"""

UP = (
    "create table enterprise_arrival (created_at timestamptz primary key, kind varchar(10) not null, source uuid, account uuid)",
    INSERTED,
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
