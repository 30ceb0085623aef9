"""Rate limits that all processes share; files that strangers sent in."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rate limits, files from outside"

UP = (
    # Lost with a crash, and nobody is the worse for it: no WAL for a counter.
    "create unlogged table rate_limit (key varchar(64) primary key, full_until timestamptz not null)",
    "create index rate_limit_full_until on rate_limit (full_until)",
    "create index login_attempt_window on login_attempt (window_started_at)",
    "create table received_file (id uuid primary key, purpose varchar(20) not null, subject uuid not null, name varchar(120) not null,"
    " media_type varchar(40) not null, bytes integer not null, width integer, height integer, sha256 varchar(64) not null, content bytea,"
    " received_at timestamptz not null, erased_at timestamptz)",
    # Pictures and PDFs are compressed already.
    "alter table received_file alter column content set storage external",
    "create unique index received_file_once on received_file (purpose, subject, sha256)",
    "create index received_file_received_at on received_file (received_at) where erased_at is null",
    "alter table received_file add constraint received_file_values check (purpose <> '' and bytes > 0"
    " and media_type in ('image/jpeg','application/pdf') and (content is null) = (erased_at is not null)"
    " and (media_type = 'image/jpeg') = (width is not null and height is not null))",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
