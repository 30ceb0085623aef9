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

# As in 0020, but what waits for the worker waits by the two thousand, not in a row of its own for each.
# By chance, so that the blocks of the search table hold a fair sample.
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
    perform enterprise_wait(array(select id from fresh order by random()));
  else
    perform enterprise_index(array(select id from fresh));
  end if;
  return null;
end
$$
"""

# As in 0010, likewise. An import forbids hash joins to itself, for it looks up what it knows by an index; the two tables here have none.
CHANGED_ENTERPRISES = """
create or replace function enterprise_changed() returns trigger language plpgsql set enable_hashjoin = on as $$
declare
  origin jsonb := nullif(current_setting('sunlot.origin', true), '')::jsonb;
  stale uuid[];
begin
  insert into enterprise_change (enterprise, version, at, kind, source, account, reason, was, now)
  select n.id, n.version, n.updated_at, coalesce(origin->>'kind', 'unknown'), (origin->>'source')::uuid, (origin->>'account')::uuid,
    coalesce(origin->>'reason', ''), d.was, d.now
  from former o join fresh n using (id) cross join lateral (
    select jsonb_object_agg(k, a) as was, jsonb_object_agg(k, b) as now from (values
      ('code', o.code, n.code), ('code_kind', o.code_kind, n.code_kind), ('override_reason', o.override_reason, n.override_reason),
      ('name', o.name, n.name), ('region', o.region, n.region), ('industry', o.industry, n.industry), ('kind', o.kind, n.kind),
      ('status', o.status, n.status), ('address', o.address, n.address), ('legal_rep', o.legal_rep, n.legal_rep), ('phone', o.phone, n.phone),
      ('established_on', o.established_on::text, n.established_on::text), ('credit_class', o.credit_class, n.credit_class),
      ('lat_e7', o.lat_e7::text, n.lat_e7::text), ('lon_e7', o.lon_e7::text, n.lon_e7::text)) v(k, a, b) where a is distinct from b
  ) d where d.now is not null;
  stale := array(select n.id from former o join fresh n using (id)
    where (o.name_key, o.name, o.legal_rep, o.address, o.code, o.region, o.industry, o.kind, o.status, o.credit_class)
      is distinct from (n.name_key, n.name, n.legal_rep, n.address, n.code, n.region, n.industry, n.kind, n.status, n.credit_class));
  if cardinality(stale) > 5000 then
    perform enterprise_wait(stale);
  elsif cardinality(stale) > 0 then
    perform enterprise_index(stale);
  end if;
  return null;
end
$$
"""

WAIT = """
create function enterprise_wait(ids uuid[]) returns void language sql as $$
insert into enterprise_unindexed (enterprises, n) select part, cardinality(part)
  from (select ids[i:i+1999] as part from generate_series(1, cardinality(ids), 2000) i) p
$$
"""

UP = (
    # What an import says of an enterprise is asked by its batch and row number; a million random keys cost more than their rows.
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
    "alter table enterprise_unindexed rename column enterprise to enterprises",
    "alter table enterprise_unindexed alter column enterprises type uuid[] using array[enterprises], add column n integer not null default 1",
    "alter table enterprise_unindexed alter column n drop default",
    WAIT,
    INSERTED,
    CHANGED_ENTERPRISES,
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
