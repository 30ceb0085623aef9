"""Papers of the office: numbered within kind, department and year, with their contents as issued."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:13:900000"
VERSION = "1.38.0"
DESCRIPTION = "papers of the office"

UP = (
    "create table paper (id uuid primary key, kind varchar(10) not null, number varchar(40) not null unique, department varchar(20) not null,"
    " year smallint not null, serial integer not null, subject uuid not null, content jsonb not null, content_sha256 varchar(64) not null,"
    " issued_by uuid not null, issued_at timestamptz not null, entry_id uuid not null)",
    "alter table paper add constraint paper_kind check (kind in ('approval','results','order'))",
    "alter table paper add constraint paper_serial_positive check (serial > 0)",
    "create unique index paper_serial on paper (kind, department, year, serial)",
    "create unique index paper_same on paper (kind, subject, content_sha256)",
    "create trigger paper_append_only before update or delete or truncate on paper for each statement execute function refuse_change()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
