"""What many rows at once cost: imports without an index that nobody asks, triggers that tell once a statement; how long uploads are kept."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:20:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "bulk work, and how long uploads are kept"

# A draw opens many visits: they are told as many, once for each campaign, department and county. Their officers are not there yet.
OPENED = """
create function live_inspections_opened() returns trigger language plpgsql as $$
begin
  perform live_tell_many('inspection', false, array['campaign:' || c.id],
    array(select distinct d from unnest(array[i.department, c.department] || c.partners) d order by d), i.county)
  from (select distinct campaign, department, county from fresh) i join campaign c on c.id = i.campaign;
  return null;
end
$$
"""

# A few changes are told one by one; of many, every page that shows any of them hears.
CHANGED = """
create function live_inspections_changed() returns trigger language plpgsql as $$
begin
  if (select count(*) from (select from fresh limit 501) x) > 500 then
    perform live_tell_many('inspection', true, array['campaign:' || t.campaign], t.departments, t.county) from (
      select distinct i.campaign, i.county, array(select distinct d from unnest(array[i.department, c.department] || c.partners
        || array(select o.department from inspection_officer o where o.inspection = i.id)) d order by d) as departments
      from fresh i join campaign c on c.id = i.campaign) t;
  else
    perform live_tell_inspection(id, true) from fresh;
  end if;
  return null;
end
$$
"""

UP = (
    # What an import says of an enterprise is asked by its batch and row number; this one cost a fifth of the staging.
    "drop index import_row_code",
    # k, u, d, r as in live_tell; a: whoever shows one thing of the kind is meant, too.
    "create function live_tell_many(kind text, may_be_any boolean, up text[], departments text[], region text) returns void language sql as $$"
    " select pg_notify('live', json_build_object('k', kind, 'i', null, 'a', may_be_any, 'u', up, 'd', departments, 'r', region)::text) $$",
    OPENED,
    CHANGED,
    "drop trigger inspection_live on inspection",
    "drop function live_inspection()",
    "create trigger inspection_live_opened after insert on inspection referencing new table as fresh for each statement"
    " execute function live_inspections_opened()",
    "create trigger inspection_live_changed after update on inspection referencing new table as fresh for each statement"
    " execute function live_inspections_changed()",
    "create table retention (id uuid primary key, what varchar(20) not null, days smallint not null, valid_from date not null, valid_to date,"
    " source varchar(200) not null, version integer not null)",
    "alter table retention add constraint retention_sane check (what in ('upload') and days between 1 and 3650 and (valid_to is null or valid_to > valid_from))",
    "insert into retention (id, what, days, valid_from, source, version) values (gen_random_uuid(), 'upload', 30, '2019-01-01',"
    " '个人信息保护法第十九条：保存期限为实现处理目的所必要的最短时间（天数由本机关确定，可修改）', 1)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
