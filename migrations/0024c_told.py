"""Bulk work once more: one index of the register instead of two; of very many changed visits, who may hear is gathered by campaign and county."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:20:45:000000"
VERSION = "1.38.0"
DESCRIPTION = "one index for region and industry; many changed visits are told by campaign and county"

CHANGED = """
create or replace function live_inspections_changed() returns trigger language plpgsql as $$
begin
  if (select count(*) from (select from fresh limit 501) x) > 500 then
    perform live_tell_many('inspection', true, array['campaign:' || t.campaign],
      array(select distinct d from unnest(t.of_visits || c.department || c.partners) d order by d), t.county)
    from (
      select campaign, county, array_agg(department) as of_visits from (
        select i.campaign, i.county, i.department from fresh i
        union select i.campaign, i.county, o.department from fresh i join inspection_officer o on o.inspection = i.id
      ) of_all group by campaign, county
    ) t join campaign c on c.id = t.campaign;
  else
    perform live_tell_inspection(id, true) from fresh;
  end if;
  return null;
end
$$
"""

UP = (
    CHANGED,
    "create index enterprise_place on enterprise (region, industry)",
    "drop index enterprise_region",
    "drop index enterprise_industry",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
