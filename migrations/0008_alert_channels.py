"""Group robots, delivery per device, phone backups handed in by the office."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T14:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the third channel of alerts, what became of each alert, and the import of phone backups"

UP = (
    "alter table notify_delivery add column subscription uuid, add column attempts smallint not null default 1",
    "create unique index notify_delivery_once on notify_delivery (inbox_entry, subscription) where subscription is not null",
    "create table notify_robot (id uuid primary key, department varchar(20) not null references department (code), name varchar(60) not null,"
    " kind varchar(10) not null, shown varchar(120) not null, sealed bytea not null, created_by uuid not null, created_at timestamptz not null,"
    " quiet_until timestamptz, ended_at timestamptz)",
    "alter table notify_robot add constraint notify_robot_kind check (kind in ('wecom','dingtalk'))",
    "create index notify_robot_live on notify_robot (department) where ended_at is null",
    "create table notify_robot_item (id bigserial primary key, robot uuid references notify_robot (id) on delete restrict, kind varchar(40) not null,"
    " inspection uuid, county varchar(12) not null, due_on date, state varchar(10) not null, detail text not null, attempts smallint not null,"
    " created_at timestamptz not null, at timestamptz)",
    "alter table notify_robot_item add constraint notify_robot_item_state check (state in ('waiting','sent','failed'))",
    "create unique index notify_robot_item_once on notify_robot_item (robot, inspection, kind) where state = 'waiting'",
    "create index notify_robot_item_inspection on notify_robot_item (inspection)",
    "create index notify_robot_item_robot on notify_robot_item (robot, at desc)",
    "alter table submission add column brought_by uuid",
    "create table unsent_import (id uuid primary key, file_sha256 varchar(64) not null, bytes bigint not null, filename varchar(200) not null,"
    " account uuid not null, department varchar(20), region varchar(12) not null, officer varchar(80) not null, exported_at timestamptz,"
    " state varchar(10) not null, drafts jsonb not null, why_zh text not null, why_en text not null, created_at timestamptz not null, done_at timestamptz)",
    "alter table unsent_import add constraint unsent_import_state check (state in ('waiting','done','failed'))",
    "create unique index unsent_import_pending on unsent_import (file_sha256) where state = 'waiting'",
    "create table unsent_record (id bigserial primary key, batch uuid references unsent_import (id) on delete restrict, position integer not null,"
    " submission uuid not null, enterprise varchar(200) not null, sealed_at timestamptz, outcome varchar(10) not null, why_zh text not null,"
    " why_en text not null, entry_id uuid, at timestamptz)",
    "alter table unsent_record add constraint unsent_record_outcome check (outcome in ('waiting','accepted','duplicate','refused'))",
    "create unique index unsent_record_position on unsent_record (batch, position)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
