"""Finding public results by index; partners' webhooks and what became of each delivery."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search of published results, webhooks"

# What a published result may be looked up by, as numbers: its name by one and by two neighbouring characters, every beginning of its code up to
# fourteen places, and what filters ask for. backend/publicity/search_rules.py makes the same grams of a query.
GRAMS = """
create function publication_grams(name text, code text, county text, department text, draw text, completed date, snapshot jsonb)
returns integer[] language sql immutable parallel safe as $$
select array(select hashtext(g) from (
  select 'n' || substr(f, i, l) as g from lower(normalize(name, NFKC)) f, generate_series(1, 2) l, generate_series(1, length(f) - l + 1) i
  union all
  select 'u' || left(code, l) from generate_series(2, least(length(code), 14)) l
  union all
  select unnest(array['r' || county, 'd' || department, 'w' || draw, 'c' || coalesce(snapshot->'campaign'->>'number', ''),
    'm' || extract(year from completed)::text || '-' || extract(month from completed)::text])
  union all
  select 'i' || (x->>'code') from jsonb_array_elements(snapshot->'items') x
  union all
  select 'o' || (x->>'code') from jsonb_array_elements(snapshot->'outcomes') x
) t)
$$
"""

UP = (
    GRAMS,
    "create index publication_search on publication using gin"
    " (publication_grams(enterprise_name, enterprise_code, county, department, draw_id, completed_on, snapshot)) with (gin_pending_list_limit = 1024)",
    "alter index publication_search alter column 1 set statistics 0",
    "create index publication_completed on publication (completed_on, number)",
    "create index enterprise_listing_in_force on enterprise_listing (listed_on desc, id desc) where removed_on is null",
    "create table webhook (id uuid primary key, name varchar(80) not null, shown varchar(300) not null, sealed bytea not null, events text[] not null,"
    " state varchar(10) not null, after_index bigint not null, created_by uuid not null, created_at timestamptz not null, ended_at timestamptz,"
    " why text not null, version integer not null)",
    "alter table webhook add constraint webhook_state check (state in ('live','paused','ended'))",
    "alter table webhook add constraint webhook_forgets check ((state = 'ended') = (ended_at is not null) and (state <> 'ended' or sealed = ''))",
    "create index webhook_live on webhook (after_index) where state = 'live'",
    "create table webhook_delivery (id uuid primary key, webhook uuid not null references webhook (id) on delete restrict, entry_index bigint,"
    " event varchar(40) not null, subject varchar(200) not null, body text not null, state varchar(10) not null, attempts smallint not null,"
    " status smallint, detail text not null, created_at timestamptz not null, at timestamptz)",
    "alter table webhook_delivery add constraint webhook_delivery_state check (state in ('waiting','sent','failed','dead'))",
    "create unique index webhook_delivery_once on webhook_delivery (webhook, entry_index) where entry_index is not null",
    "create index webhook_delivery_of on webhook_delivery (webhook, created_at desc, id desc)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
