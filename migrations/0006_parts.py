"""Several officers on one visit: their phones' parts, decisions after the record, co-signatures, waivers."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T14:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "parts, decisions, co-signatures, waivers"

APPEND_ONLY = ("visit_part", "record_decision", "record_cosignature", "record_waiver")

UP = (
    "create table visit_part (id bigserial primary key, inspection uuid references inspection (id) on delete restrict, device uuid not null,"
    " inspector uuid not null, account uuid not null, seq integer not null, body bytea not null, sha256 varchar(64) not null,"
    " received_at timestamptz not null, entry_id uuid not null)",
    "create unique index visit_part_once on visit_part (inspection, device, seq)",
    "create table record_decision (id uuid primary key, submission uuid references submission (id) on delete restrict, device uuid not null,"
    " inspector uuid not null, account uuid not null, body bytea not null, sha256 varchar(64) not null, signature bytea not null,"
    " received_at timestamptz not null, entry_id uuid not null)",
    "create index record_decision_of on record_decision (submission)",
    "create table record_cosignature (id bigserial primary key, submission uuid references submission (id) on delete restrict, device uuid not null,"
    " inspector uuid not null, account uuid not null, body bytea not null, sha256 varchar(64) not null, signature bytea not null,"
    " received_at timestamptz not null, entry_id uuid not null)",
    "create unique index record_cosignature_once on record_cosignature (submission, device)",
    "create table record_waiver (id bigserial primary key, submission uuid references submission (id) on delete restrict, inspector uuid not null,"
    " what varchar(12) not null, reason text not null, waived_by uuid not null, waived_at timestamptz not null, entry_id uuid not null)",
    "create unique index record_waiver_once on record_waiver (submission, inspector, what)",
    "alter table record_waiver add constraint record_waiver_what check (what in ('part','cosignature'))",
    "alter table record_waiver add constraint record_waiver_reason check (btrim(reason) <> '')",
    *(f"create trigger {t}_append_only before update or delete or truncate on {t} for each statement execute function refuse_change()" for t in APPEND_ONLY),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
