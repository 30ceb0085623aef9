"""Codes for the doors of enterprises, issued in batches, signed and revocable; how long penalties are shown and files for printing kept."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "placards"

UP = (
    "create table placard_batch (id uuid primary key, number varchar(40) not null unique, department varchar(20) not null references department (code)"
    " on delete restrict, region varchar(12) not null, year smallint not null, serial integer not null, format varchar(10) not null, asked jsonb not null,"
    " asked_sha256 varchar(64) not null, n integer not null, skipped integer not null, inactive integer not null, replaced integer not null,"
    " authority_zh varchar(120) not null, authority_en varchar(160) not null, issued_by uuid not null, issued_at timestamptz not null,"
    " entry_id uuid not null)",
    "create unique index placard_batch_serial on placard_batch (department, year, serial)",
    "create index placard_batch_newest on placard_batch (issued_at desc, id desc)",
    "alter table placard_batch add constraint placard_batch_sane check (format in ('sticker','small','poster') and n between 1 and 5000 and serial > 0)",
    "create trigger placard_batch_append_only before update or delete or truncate on placard_batch for each statement execute function refuse_change()",
    "create table placard (id uuid primary key, batch uuid not null references placard_batch (id) on delete restrict, position integer not null,"
    " enterprise uuid not null references enterprise (id) on delete restrict, enterprise_code varchar(40) not null, enterprise_name varchar(200) not null,"
    " address varchar(300) not null, county varchar(12) not null, token varchar(16) not null unique, kind varchar(10) not null,"
    " issued_at timestamptz not null, revoked_at timestamptz, revoked_by uuid, ground varchar(10) not null, reason text not null)",
    "create unique index placard_position on placard (batch, position)",
    "create index placard_of on placard (enterprise, issued_at desc, id)",
    "alter table placard add constraint placard_sane check (kind in ('sticker','poster') and token ~ '^[a-z2-7]{16}$'"
    " and ground in ('','replaced','lost','damaged','moved','abuse') and (ground = '') = (revoked_at is null)"
    " and (revoked_at is null) = (revoked_by is null))",
    "create table placard_sheet (id bigserial primary key, batch uuid not null references placard_batch (id) on delete restrict, part smallint not null,"
    " first integer not null, last integer not null, pdf bytea, pages integer not null, made_at timestamptz, asked_at timestamptz not null,"
    " printed integer not null, printed_at timestamptz)",
    "create unique index placard_sheet_part on placard_sheet (batch, part)",
    "create index placard_sheet_kept on placard_sheet (made_at) where pdf is not null",
    "alter table placard_sheet alter column pdf set storage external",  # a PDF is compressed already
    "create index rectification_enterprise on rectification_order (enterprise, ordered_at desc)",
    "alter table retention drop constraint retention_sane",
    "alter table retention add constraint retention_sane check (what in ('upload','placards','penalty') and days between 1 and 3650"
    " and (valid_to is null or valid_to > valid_from))",
    "insert into retention (id, what, days, valid_from, source, version) values"
    " (gen_random_uuid(), 'placards', 30, '2019-01-01', '个人信息保护法第十九条；可随时重新生成', 1),"
    " (gen_random_uuid(), 'penalty', 1095, '2019-01-01', '信用修复管理办法：行政处罚信息最长公示期三年，届满自动停止公示', 1)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
