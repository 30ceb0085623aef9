"""Notices of inspections, numbered within department and year; visits from before get theirs in the order of their dispatch."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T14:03:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "notices"

UP = (
    "create table notice (id uuid primary key, number varchar(40) not null unique, department varchar(20) not null, year smallint not null,"
    " serial integer not null, inspection uuid not null unique, visits_before integer not null, issued_at timestamptz not null, entry_id uuid)",
    "create unique index notice_serial on notice (department, year, serial)",
    "alter table notice add constraint notice_counts check (serial > 0 and visits_before >= 0)",
    "insert into notice (id, number, department, year, serial, inspection, visits_before, issued_at)"
    " select gen_random_uuid(), 'TZ-' || y || '-' || upper(department) || '-' || lpad(n::text, 6, '0'), department, y, n, id, before, dispatched_at from ("
    " select i.id, i.department, i.dispatched_at, extract(year from i.dispatched_at at time zone 'Asia/Shanghai')::int as y,"
    " row_number() over (partition by i.department, extract(year from i.dispatched_at at time zone 'Asia/Shanghai') order by i.dispatched_at, i.id) as n,"
    " (select count(*) from inspection b where b.enterprise = i.enterprise and b.department = i.department and b.completed_on < i.dispatched_at::date"
    " and b.completed_on >= date_trunc('year', i.dispatched_at at time zone 'Asia/Shanghai')::date) as before from inspection i) s",
    "create trigger notice_append_only before update or delete or truncate on notice for each statement execute function refuse_change()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def run() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    async def run_backwards() -> None:
        await database().run_ddl("drop table notice")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
