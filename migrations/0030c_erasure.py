"""Requests to erase personal data, and for how long more kinds of it are kept."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:40:40:000000"
VERSION = "1.38.0"
DESCRIPTION = "erasure of personal data"

UP = (
    "create table erasure_request (id uuid primary key, kind varchar(20) not null, subject uuid not null, number varchar(60) not null,"
    " region varchar(12) not null, ground text not null, state varchar(10) not null, asked_by uuid not null, asked_at timestamptz not null,"
    " decided_by uuid, decided_at timestamptz, reason text not null default '', tombstones integer not null default 0)",
    "alter table erasure_request add constraint erasure_request_state check (state in ('asked','erased','refused')"
    " and (state = 'asked') = (decided_by is null) and (decided_by is null) = (decided_at is null) and decided_by is distinct from asked_by"
    " and (state <> 'refused' or reason <> ''))",
    "create unique index erasure_request_open on erasure_request (kind, subject) where state = 'asked'",
    "create index erasure_request_asked_at on erasure_request (asked_at desc)",
    # Which kinds there are is told by the code that erases them.
    "alter table retention drop constraint retention_sane",
    "alter table retention add constraint retention_sane check (what <> '' and days between 1 and 3650 and (valid_to is null or valid_to > valid_from))",
    "insert into retention (id, what, days, valid_from, source, version) values"
    " (gen_random_uuid(), 'objection', 1825, '2021-11-01', '个人信息保护法第十九条：实现目的所必要的最短时间；异议决定后按五年留存，档案管理另有规定的在此修改', 1),"
    " (gen_random_uuid(), 'inbox', 365, '2021-11-01', '个人信息保护法第十九条：实现目的所必要的最短时间；工作提醒留存一年', 1)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
