"""Secrets of webhooks are changed with an overlap; words of evaluations and records of deliveries have their time; series of numbers."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T04:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rotation of webhooks, periods of keeping, number series"

LAW = "个人信息保护法第十九条：实现目的所必要的最短时间"
UP = (
    "alter table statutory_period validate constraint statutory_period_values",
    "alter table webhook add column rotation uuid, add column rotated_at timestamptz, add column old_until timestamptz",
    "alter table evaluation add column erased_on date",
    "alter table placard add column key_no smallint not null default 1",
    # Numbers without gaps or doubles that cost one row, however many there are. It begins where the numbers so far end.
    "create table number_series (series varchar(40) primary key, last integer not null check (last >= 0))",
    "insert into number_series (series, last) select substr(number, 1, 7), max(substr(number, 9)::integer) from publication"
    " where version = 1 and number ~ '^GS-[0-9]{4}-[0-9]+$' group by 1",
    "insert into retention (id, what, days, valid_from, source, version) values"
    f" (gen_random_uuid(), 'evaluation', 1095, '2020-01-01', '{LAW}；评价的文字留存三年，评分和统计不受影响', 1),"
    " (gen_random_uuid(), 'webhook', 90, '2020-01-01', '推送的都是已公开内容；推送记录供排查故障，留存九十日', 1)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
