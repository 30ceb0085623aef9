"""Finding enterprises: the search table and what keeps it true, the history of the register, saved filters, lists of enterprises."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "search of a million enterprises, the register's history, saved filters, abnormal and serious lists"

# What a query may be looked up by, as numbers: two neighbouring characters of name, representative and address, each character of
# the name, the sound from each syllable on, runs of initials, beginnings of the code, and the columns that filters ask for.
# backend/registry/search_rules.py makes the same grams of a query.
GRAMS = """
create function enterprise_grams(hay text, sound text, initials text, code text, region text, industry text, kind text, status text, credit_class text)
returns integer[] language sql immutable parallel safe as $$
select array(select hashtext(g) from (
  select substr(f, i, 2) as g from unnest(string_to_array(hay, E'\\n')) f, generate_series(1, length(f) - 1) i
  union all
  select substr(n, i, 1) from (select split_part(hay, E'\\n', 1) as n) x, generate_series(1, length(n)) i
  union all
  select 'p' || left(tail, l) from (
    select array_to_string(s[i:i+4], '') as tail from (select string_to_array(sound, ' ') as s) x, generate_series(1, cardinality(s)) i
  ) y, unnest('{2,3,5}'::integer[]) l
  union all
  select 'i' || substr(initials, i, l) from generate_series(1, length(initials) - 1) i, generate_series(2, 3) l
  union all
  select 'u' || left(code, l) from generate_series(2, length(code), 2) l
  union all
  select unnest(array['r' || left(region, 2), 'r' || left(region, 4), 'r' || region, 'd' || industry, 'k' || kind, 's' || status, 'c' || credit_class])
) t)
$$
"""

# Rows of the search table are copies: an older copy never replaces a newer one.
INDEX_THESE = """
create function enterprise_index(ids uuid[]) returns void language sql as $$
insert into enterprise_search as old (enterprise, version, name_key, hay, sound, initials, code, region, industry, kind, status, credit_class)
select id, version, name_key, lower(normalize(concat_ws(E'\\n', name, legal_rep, address), NFKC)), sound,
  (select coalesce(string_agg(left(x, 1), '' order by n), '') from unnest(string_to_array(sound, ' ')) with ordinality u(x, n)),
  code, region, industry, kind, status, credit_class
from (select *, regexp_replace(name_key, '([a-zü])[1-5](?= |$)', '\\1', 'g') as sound from enterprise where id = any(ids)) e
order by id
on conflict (enterprise) do update set version = excluded.version, name_key = excluded.name_key, hay = excluded.hay, sound = excluded.sound,
  initials = excluded.initials, code = excluded.code, region = excluded.region, industry = excluded.industry, kind = excluded.kind,
  status = excluded.status, credit_class = excluded.credit_class
where old.version <= excluded.version
$$
"""

# A few rows are found at once; a whole file waits for the worker, so that its import does not pay for a hundred grams a row.
INSERTED = """
create function enterprise_inserted() returns trigger language plpgsql as $$
begin
  if (select count(*) from (select from fresh limit 5001) x) > 5000 then
    insert into enterprise_unindexed (enterprise) select id from fresh order by random();
  else
    perform enterprise_index(array(select id from fresh));
  end if;
  return null;
end
$$
"""

CHANGED = """
create function enterprise_changed() returns trigger language plpgsql as $$
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
    insert into enterprise_unindexed (enterprise) select x from unnest(stale) x;
  elsif cardinality(stale) > 0 then
    perform enterprise_index(stale);
  end if;
  return null;
end
$$
"""

DELETED = """
create function enterprise_deleted() returns trigger language plpgsql as $$
begin
  delete from enterprise_search using former where enterprise_search.enterprise = former.id;
  return null;
end
$$
"""

UP = (
    "create table enterprise_search (enterprise uuid primary key, version integer not null, name_key varchar(400) not null, hay text not null,"
    " sound text not null, initials text not null, code varchar(40) not null, region varchar(12) not null, industry varchar(10) not null,"
    " kind varchar(30) not null, status varchar(20) not null, credit_class varchar(1) not null)",
    "create table enterprise_unindexed (position bigserial primary key, enterprise uuid not null)",
    "create table enterprise_change (id bigserial primary key, enterprise uuid not null, version integer not null, at timestamptz not null,"
    " kind varchar(10) not null, source uuid, account uuid, reason text not null, was jsonb not null, now jsonb not null)",
    "alter table enterprise_change add constraint enterprise_change_kind check (kind in ('import','undo','office','unknown'))",
    "create table enterprise_listing (id uuid primary key, enterprise uuid not null references enterprise (id) on delete restrict, list varchar(10) not null,"
    " ground text not null, authority varchar(120) not null, document varchar(120) not null, listed_on date not null, removed_on date,"
    " removal text not null, source varchar(200) not null, as_of date not null, entered_by uuid not null, created_at timestamptz not null)",
    "alter table enterprise_listing add constraint enterprise_listing_list check (list in ('abnormal','serious'))",
    "alter table enterprise_listing add constraint enterprise_listing_order check (removed_on is null or removed_on >= listed_on)",
    "create unique index enterprise_listing_once on enterprise_listing (enterprise, list, listed_on, ground)",
    "create table saved_filter (id uuid primary key, account uuid not null references account (id) on delete restrict, page varchar(20) not null,"
    " name varchar(40) not null, query text not null, shared_with varchar(20), created_at timestamptz not null)",
    "create unique index saved_filter_once on saved_filter (account, page, name)",
    "create index saved_filter_shared on saved_filter (shared_with, page) where shared_with is not null",
    GRAMS,
    INDEX_THESE,
    INSERTED,
    CHANGED,
    DELETED,
    "insert into enterprise_unindexed (enterprise) select id from enterprise",
    "create index enterprise_search_grams on enterprise_search using gin"
    " (enterprise_grams(hay, sound, initials, code, region, industry, kind, status, credit_class)) with (gin_pending_list_limit = 1024)",
    # ANALYZE would compute the grams of its whole sample for an estimate that nobody uses.
    "alter index enterprise_search_grams alter column 1 set statistics 0",
    "create index enterprise_search_order on enterprise_search (name_key, enterprise)",
    "create index enterprise_search_region on enterprise_search (region, name_key, enterprise)",
    "create index enterprise_change_of on enterprise_change (enterprise, id desc)",
    "create index enterprise_change_source on enterprise_change (source) where source is not null",
    "create index enterprise_listing_of on enterprise_listing (enterprise, listed_on desc)",
    "create trigger enterprise_inserted after insert on enterprise referencing new table as fresh for each statement execute function enterprise_inserted()",
    "create trigger enterprise_changed after update on enterprise referencing old table as former new table as fresh"
    " for each statement execute function enterprise_changed()",
    "create trigger enterprise_deleted after delete on enterprise referencing old table as former for each statement execute function enterprise_deleted()",
    # What only the list of enterprises read; the search table has its own.
    "drop index enterprise_name_trgm",
    "drop index enterprise_name_key",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
