"""What each phone was told last; pages kept by the tables that they are made of."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T04:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "bundles told once, overviews kept"

# A statement that changed no row is none.
CHANGED = """
create function kept_table_changed() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if exists (select from gone) then insert into kept_change (subject) values ('table:' || tg_table_name); end if;
  elsif exists (select from fresh) then
    insert into kept_change (subject) values ('table:' || tg_table_name);
  end if;
  return null;
end
$$
"""
# What overviews add up (backend/web/public/made_of.py).
TABLES = (
    "annual_plan", "campaign", "campaign_item", "check_item", "check_item_edition", "checklist", "checklist_draft", "draw", "draw_replacement",
    "draw_substitution", "enterprise", "enterprise_listing", "inspection", "ledger_checkpoint", "ledger_cosignature", "outcome_code", "plan_campaign", "plan_edition", "plan_line",
    "publication", "rectification_order",
)


def _triggers(table: str) -> list[str]:
    # A new enterprise is on no list yet, and a million of them come in one statement.
    return [
        f"create trigger kept_{table}_table_{event} after {event} on {table} referencing {rows} for each statement execute function kept_table_changed()"
        for event, rows in (("insert", "new table as fresh"), ("update", "new table as fresh"), ("delete", "old table as gone"))
        if (table, event) != ("enterprise", "insert")
    ]


UP = (
    "alter table kept_page add column tables text[] not null default '{}', add column until timestamptz",
    CHANGED,
    *(trigger for table in TABLES for trigger in _triggers(table)),
    # Nothing here is a source: after a crash it may be empty.
    "create unlogged table phone_bundle (id bigserial primary key, account uuid not null, device uuid not null, cursor varchar(32) not null,"
    " marks jsonb not null, told_at timestamptz not null)",
    "create index phone_bundle_account on phone_bundle (account, device)",
    "create index phone_bundle_told_at on phone_bundle (told_at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
