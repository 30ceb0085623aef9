"""What owners edit: versions, dates and a history for officers, code tables and items; holidays, caps, rates, drafts of checklists."""

import chinese_calendar.constants as published

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import connection, database

ID = "2026-11-25T16:00:11:000000"
VERSION = "1.38.0"
DESCRIPTION = "registers edited by their owners"

VERSIONED = ("inspector", "department", "region", "industry", "outcome_code", "check_item")
APPEND_ONLY = ("register_change", "check_item_edition")

UP = (
    "create table register_change (id bigserial primary key, kind varchar(20) not null, key varchar(60) not null, what varchar(20) not null,"
    " version integer not null, old jsonb not null, new jsonb not null, reason text not null, by uuid, at timestamptz not null, entry_id uuid not null)",
    "create index register_change_of on register_change (kind, key, id desc)",
    *(f"alter table {t} add column version integer not null default 1" for t in VERSIONED),
    "alter table department add column valid_from date, add column valid_to date",
    "alter table industry add column valid_from date, add column valid_to date",
    "create index inspector_by_name on inspector (name, id)",
    "create index inspector_by_end on inspector (certificate_expires_on)",
    "create index inspector_text on inspector using gin ((name || ' ' || certificate_no) gin_trgm_ops)",
    "create table check_item_edition (id uuid primary key, item varchar(20) not null references check_item (code), valid_from date not null,"
    " name_zh varchar(120) not null, name_en varchar(160) not null, category varchar(10) not null, legal_basis text not null,"
    " method varchar(20) not null, qualification varchar(40), created_at timestamptz not null)",
    "create index check_item_edition_of on check_item_edition (item, valid_from desc, created_at desc)",
    "insert into check_item_edition (id, item, valid_from, name_zh, name_en, category, legal_basis, method, qualification, created_at)"
    " select gen_random_uuid(), code, valid_from, name_zh, name_en, category, legal_basis, method, qualification, now() from check_item",
    "alter table campaign_item add column edition uuid references check_item_edition (id)",
    "update campaign_item c set edition = e.id from check_item_edition e where e.item = c.item",
    "alter table checklist add column note varchar(200) not null default '', add column published_by uuid",
    "create table checklist_draft (item varchar(20) primary key references check_item (code), title_zh varchar(160) not null, title_en varchar(200) not null,"
    " questions jsonb not null, base integer not null, version integer not null, updated_by uuid not null, updated_at timestamptz not null)",
    "create table item_import (id uuid primary key, department varchar(20) not null, filename varchar(200) not null, file_sha256 varchar(64) not null,"
    " state varchar(10) not null, valid_from date not null, rows jsonb not null, created_by uuid not null, created_at timestamptz not null, done_at timestamptz)",
    "alter table item_import add constraint item_import_state check (state in ('previewed','applied','cancelled'))",
    "create table holiday (day date primary key, is_off boolean not null, name varchar(40) not null, source varchar(200) not null, version integer not null)",
    "create table visit_cap (id uuid primary key, level varchar(10) not null, department varchar(20), most smallint not null, valid_from date not null,"
    " valid_to date, source varchar(200) not null, version integer not null)",
    "alter table visit_cap add constraint visit_cap_level check (level in ('city','county','together'))",
    "alter table visit_cap add constraint visit_cap_sane check (most between 0 and 99 and (valid_to is null or valid_to > valid_from))",
    "create table class_rate (id uuid primary key, department varchar(20), class_code varchar(1) not null, low smallint not null, usual smallint not null,"
    " high smallint not null, valid_from date not null, valid_to date, source varchar(200) not null, version integer not null)",
    "alter table class_rate add constraint class_rate_sane check (class_code in ('A','B','C','D') and 0 <= low and low <= usual and usual <= high and high <= 1000"
    " and (valid_to is null or valid_to > valid_from))",
    *(f"create trigger {t}_append_only before update or delete or truncate on {t} for each statement execute function refuse_change()" for t in APPEND_ONLY),
)

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


def holidays() -> list[tuple[object, ...]]:
    """What the State Council announced since 2020, as the library carries it: a calendar to start with, edited from then on."""
    days = {day: (True, name) for day, name in published.holidays.items()} | {day: (False, name) for day, name in published.workdays.items()}
    return [
        (day, off, NAMES[name], f"国务院办公厅 {day.year} 年节假日安排（chinesecalendar 收录）") for day, (off, name) in sorted(days.items()) if day.year >= 2020
    ]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)
        await connection().executemany("insert into holiday (day, is_off, name, source, version) values ($1, $2, $3, $4, 1)", holidays())

    manager.add_raw(up)
    return manager
