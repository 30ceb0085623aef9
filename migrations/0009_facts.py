"""Penalties and permits of enterprises, from the two partner files."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:09:000000"
VERSION = "1.38.0"
DESCRIPTION = "facts of an enterprise's dossier: penalties and permits"

_HEAD = (
    "id uuid primary key, enterprise uuid not null references enterprise (id) on delete restrict, document_no varchar(120) not null,"
    " party varchar(200) not null, title text not null default '', category text not null default ''"
)
_TAIL = (
    "authority varchar(200) not null default '', state varchar(40) not null default '', region varchar(12) not null default '',"
    " remark text not null default '', source varchar(255) not null, department varchar(20), batch uuid, as_of date not null,"
    " version integer not null default 1, created_at timestamptz not null, updated_at timestamptz not null"
)

UP = (
    f"create table penalty ({_HEAD}, facts text not null default '', basis text not null default '', result text not null default '',"
    f" decided_on date, {_TAIL})",
    f"create table permit ({_HEAD}, content text not null default '', decided_on date, valid_to date, {_TAIL})",
    # One decision is one fact of an enterprise, however often it is told.
    "create unique index penalty_once on penalty (enterprise, document_no)",
    "create unique index permit_once on permit (enterprise, document_no)",
    "create index penalty_batch on penalty (batch)",
    "create index permit_batch on permit (batch)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    async def down() -> None:
        await database().run_ddl("drop table penalty, permit")

    manager.add_raw(up)
    manager.add_raw_backwards(down)
    return manager
