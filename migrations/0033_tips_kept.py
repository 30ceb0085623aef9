"""Photos of complaints and tips lie with all files of strangers; how long the words of a closed matter are kept."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T01:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "photos of tips with the files of strangers, retention of tips"

UP = (
    "insert into received_file (id, purpose, subject, name, media_type, bytes, width, height, sha256, content, received_at)"
    " select p.id, 'tip', p.tip, p.position || '.jpg', 'image/jpeg', length(p.content), p.width, p.height, p.sha256, p.content, t.filed_at"
    " from tip_photo p join tip t on t.id = p.tip on conflict do nothing",
    "drop table tip_photo",
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
