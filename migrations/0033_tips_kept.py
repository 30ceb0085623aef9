"""How long the words of a closed complaint or tip are kept."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T01:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "retention of tips"

UP = (
    "insert into retention (id, what, days, valid_from, source, version) values"
    " (gen_random_uuid(), 'tip', 1825, '2020-01-01', '个人信息保护法第十九条：实现目的所必要的最短时间；办结后按五年留存，档案管理另有规定的在此修改', 1)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
