"""Statutory periods and targets of figures become tables that their owners edit; three more kinds of paper."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "periods and targets with versions; replies, letters of copy and of hand-over"

UP = (
    # A row holds up to, and no longer on, valid_to, as in every other dated table.
    "alter table statutory_period drop constraint statutory_period_one_at_a_time",
    "alter table statutory_period drop constraint statutory_period_values",
    "update statutory_period set valid_to = valid_to + 1 where valid_to is not null",
    "alter table statutory_period drop column id",
    "alter table statutory_period add column id uuid primary key default gen_random_uuid()",
    "alter table statutory_period add column version integer not null default 1",
    "alter table statutory_period add constraint statutory_period_values check (amount >= 0 and warn >= 0 and unit in ('working','natural')"
    " and (valid_to is null or valid_to > valid_from) and source <> '')",
    "alter table statutory_period add constraint statutory_period_one_at_a_time exclude using gist"
    " (clock with =, daterange(valid_from, valid_to) with &&)",
    "alter table figure_standard drop constraint figure_standard_value",
    "alter table figure_standard drop constraint figure_standard_dates",
    "update figure_standard set valid_to = valid_to + 1 where valid_to is not null",
    "alter table figure_standard drop column id, drop column set_by, drop column set_at",
    "alter table figure_standard add column id uuid primary key default gen_random_uuid()",
    "alter table figure_standard add column version integer not null default 1",
    "alter table figure_standard alter column kind set default 'target'",
    "alter table figure_standard alter column value type smallint using round(value * 10)::smallint",
    "alter table figure_standard add constraint figure_standard_value check (value between 0 and 1000)",
    "alter table figure_standard add constraint figure_standard_dates check (valid_to is null or valid_to > valid_from)",
    "alter table paper drop constraint paper_kind",
    "alter table paper add constraint paper_kind check (kind in ('approval','results','order','reply','copy','case','plan'))",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
