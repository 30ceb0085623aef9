"""Finding enterprises: the letters of a sound, and beginnings of a code of any length, so that a long word leaves few rows to look at."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search grams of long words"

# As in 0010, but: any five letters in a row of the whole sound too, for what a long word has behind its beginning; no beginning of a sound
# that is shorter than its length says; a code by every length up to fourteen places instead of every other one, and no further: fourteen
# leave a thousand codes at the most (two places of 31 and the check characters).
GRAMS = """
create or replace function enterprise_grams(
  hay text, sound text, initials text, code text, region text, industry text, kind text, status text, credit_class text)
returns integer[] language sql immutable parallel safe as $$
select array(select hashtext(g) from (
  select substr(f, i, 2) as g from unnest(string_to_array(hay, E'\\n')) f, generate_series(1, length(f) - 1) i
  union all
  select substr(n, i, 1) from (select split_part(hay, E'\\n', 1) as n) x, generate_series(1, length(n)) i
  union all
  select 'p' || left(tail, l) from (
    select array_to_string(s[i:i+4], '') as tail from (select string_to_array(sound, ' ') as s) x, generate_series(1, cardinality(s)) i
  ) y, unnest('{2,3,5}'::integer[]) l where length(tail) >= l
  union all
  select 'w' || substr(letters, i, 5) from (select replace(sound, ' ', '') as letters) z, generate_series(1, length(letters) - 4) i
  union all
  select 'i' || substr(initials, i, l) from generate_series(1, length(initials) - 1) i, generate_series(2, 3) l
  union all
  select 'u' || left(code, l) from generate_series(2, least(length(code), 14)) l
  union all
  select unnest(array['r' || left(region, 2), 'r' || left(region, 4), 'r' || region, 'd' || industry, 'k' || kind, 's' || status, 'c' || credit_class])
) t)
$$
"""

UP = (
    # The index holds what the old function said of each row: it is made anew, some minutes for a million enterprises.
    "drop index enterprise_search_grams",
    GRAMS,
    "create index enterprise_search_grams on enterprise_search using gin"
    " (enterprise_grams(hay, sound, initials, code, region, industry, kind, status, credit_class)) with (gin_pending_list_limit = 1024)",
    "alter index enterprise_search_grams alter column 1 set statistics 0",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
