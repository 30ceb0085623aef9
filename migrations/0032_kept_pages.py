"""Public pages are kept as they were last built; triggers note what changes under them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T01:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "public pages kept until what they show changes"

TABLES = (
    # Nothing here is a source: after a crash it may be empty.
    "create unlogged table kept_page (key varchar(200) primary key, subject varchar(80) not null, stamp varchar(80) not null, day date not null,"
    " etag varchar(40) not null, body bytea not null, kept_at timestamptz not null)",
    "create index kept_page_day on kept_page (day)",
    "create table kept_change (id bigserial primary key, subject varchar(80) not null, at timestamptz not null default now())",
    "create index kept_change_subject on kept_change (subject, id)",
    "create index kept_change_at on kept_change (at)",
)
# One note a subject and statement, whatever became of how many rows.
ENTERPRISES = """
create function kept_enterprise_changed() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into kept_change (subject) select distinct 'enterprise:' || enterprise from gone where enterprise is not null;
  else
    insert into kept_change (subject) select distinct 'enterprise:' || enterprise from fresh where enterprise is not null;
  end if;
  return null;
end
$$
"""
REGISTER = """
create function kept_register_changed() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into kept_change (subject) select 'enterprise:' || id from gone;
  else
    insert into kept_change (subject) select 'enterprise:' || id from fresh;
  end if;
  return null;
end
$$
"""
RESULTS = """
create function kept_result_changed() returns trigger language plpgsql as $$
begin
  insert into kept_change (subject) select distinct 'result:' || number from fresh;
  return null;
end
$$
"""
# Names of places and authorities stand on every page; they change a few times in a year.
ALL = """
create function kept_everything_changed() returns trigger language plpgsql as $$
begin
  insert into kept_change (subject) values ('*');
  return null;
end
$$
"""
OF_ENTERPRISES = ("publication", "enterprise_listing", "penalty", "permit", "rectification_order", "exemption", "objection", "placard")
OF_ALL = ("region", "industry", "department", "visit_cap", "retention", "statutory_period", "holiday")


def _trigger(table: str, event: str, function: str) -> str:
    rows = "old table as gone" if event == "delete" else "new table as fresh"
    return (
        f"create trigger kept_{table}_{function.split('_')[1]}_{event} after {event} on {table} referencing {rows}"
        f" for each statement execute function {function}()"
    )


UP = (
    *TABLES,
    ENTERPRISES,
    REGISTER,
    RESULTS,
    ALL,
    *(_trigger(t, event, "kept_enterprise_changed") for t in OF_ENTERPRISES for event in ("insert", "update", "delete")),
    # No page tells of a visit before somebody has scanned in.
    *(_trigger("inspection", event, "kept_enterprise_changed") for event in ("update", "delete")),
    # A row that has just come has no page yet.
    *(_trigger("enterprise", event, "kept_register_changed") for event in ("update", "delete")),
    *(_trigger("publication", event, "kept_result_changed") for event in ("insert", "update")),
    # An erased text must not live on in a page.
    "create trigger kept_ledger_payload_all after update or delete on ledger_payload for each statement execute function kept_everything_changed()",
    *(f"create trigger kept_{t}_all after insert or update or delete on {t} for each statement execute function kept_everything_changed()" for t in OF_ALL),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
