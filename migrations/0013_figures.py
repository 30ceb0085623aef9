"""Figures: the standards they are judged by, weekly digests, when an arrival was told, and indexes to count by."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "standards and digests of figures"

OVERSIGHT = "督查室双随机、一公开考核指标"
UP = (
    "create table figure_standard (id bigserial primary key, measure varchar(20) not null, kind varchar(12) not null, value numeric(6, 2) not null,"
    " valid_from date not null, valid_to date, source text not null, set_by uuid, set_at timestamptz not null)",
    "alter table figure_standard add constraint figure_standard_kind check (kind in ('target','working_days'))",
    "alter table figure_standard add constraint figure_standard_value check (value >= 0 and (kind <> 'target' or value <= 100))",
    "alter table figure_standard add constraint figure_standard_dates check (valid_to is null or valid_to >= valid_from)",
    "create unique index figure_standard_from on figure_standard (measure, kind, valid_from)",
    "insert into figure_standard (measure, kind, value, valid_from, source, set_at) values"
    f" ('plan', 'target', 100, '2020-01-01', '{OVERSIGHT}', now()),"
    f" ('done', 'target', 100, '2020-01-01', '{OVERSIGHT}', now()),"
    f" ('published', 'target', 100, '2020-01-01', '{OVERSIGHT}', now()),"
    f" ('joint', 'target', 60, '2020-01-01', '{OVERSIGHT}', now()),"
    " ('published', 'working_days', 20, '2020-01-01', '抽查结果自检查完成之日起 20 个工作日内公示', now())",
    "create table figure_digest (id uuid primary key, week date not null, department varchar(20) not null, region varchar(12) not null,"
    " figures jsonb not null, created_at timestamptz not null)",
    "create unique index figure_digest_once on figure_digest (week, department, region)",
    "create trigger figure_digest_append_only before update or delete or truncate on figure_digest for each statement execute function refuse_change()",
    "alter table inspection add column arrived_at timestamptz",
    "create index inspection_due on inspection (due_on)",
    "create index inspection_completed on inspection (completed_on)",
    "create index inspection_campaign on inspection (campaign)",
    "create index draw_replacement_by on draw_replacement (draw, replaced_by) where state = 'approved'",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
