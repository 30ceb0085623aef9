"""Witnessed randomness, replacements, recusals with a decision, visits without a draw, exemptions, cosignatures."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-23T22:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the draw and the ledger, complete"

APPEND_ONLY = ("ledger_cosignature", "draw_substitution", "draw_replacement_approval")

UP = (
    "alter table draw add column beacons jsonb, add column shares jsonb, add column overdue_at timestamptz",
    "alter table draw_frame_row drop constraint draw_frame_row_draw_fkey, drop column id, drop column cc, alter column draw set not null",
    "alter table draw add column strata jsonb not null default '[]'",
    "update draw d set strata = coalesce((select jsonb_agg(jsonb_build_array(class_code, cell, n) order by class_code, cell) from (select class_code, cell,"
    " count(*) as n from draw_frame_row f where f.draw = d.id and st = 'E' group by 1, 2) s), '[]')",
    "update draw set result = jsonb_set(result, '{cells}', (select jsonb_agg(c - 'order' || jsonb_build_object('size', jsonb_array_length(c->'order')))"
    " from jsonb_array_elements(result->'cells') c)) where result is not null",
    "create table draw_witnessing (id bigserial primary key, draw uuid references draw (id) on delete restrict, account uuid not null,"
    " typed jsonb not null, typed_at timestamptz not null)",
    "create unique index draw_witnessing_once on draw_witnessing (draw, account)",
    "create table draw_replacement (id uuid primary key, draw uuid references draw (id) on delete restrict, inspection uuid not null,"
    " object_id varchar(40) not null, reason varchar(20) not null, finding text not null, evidence varchar(64)[] not null, state varchar(10) not null,"
    " requested_by uuid not null, requested_at timestamptz not null, replaced_by varchar(40), decided_at timestamptz)",
    "create unique index draw_replacement_open on draw_replacement (inspection) where state = 'requested'",
    "alter table draw_replacement add constraint draw_replacement_state check (state in ('requested','approved','refused'))",
    "create table draw_replacement_approval (id bigserial primary key, replacement uuid references draw_replacement (id) on delete restrict,"
    " account uuid not null, approved_at timestamptz not null)",
    "create unique index draw_replacement_approval_once on draw_replacement_approval (replacement, account)",
    "create table draw_substitution (id bigserial primary key, draw uuid references draw (id) on delete restrict,"
    " object_id varchar(40) not null, slot smallint not null, pid_before varchar(16) not null, pid_after varchar(16) not null, at timestamptz not null)",
    "alter table recusal add column state varchar(10) not null default 'upheld', add column origin varchar(12) not null default 'head',"
    " add column declared_by uuid, add column declared_at timestamptz not null default now(), add column decision text not null default ''",
    "alter table recusal alter column decided_by drop not null, alter column decided_at drop not null",
    "alter table recusal add constraint recusal_state check (state in ('declared','upheld','dismissed'))",
    "alter table recusal add constraint recusal_decided check ((state = 'declared') = (decided_at is null))",
    "drop index recusal_pair",
    "create unique index recusal_pair on recusal (inspector, enterprise) where ended_at is null and state <> 'dismissed'",
    "alter table campaign add column kind varchar(12) not null default 'random', add column source_ref varchar(120) not null default ''",
    "alter table campaign add constraint campaign_kind check (kind in ('random','complaint','referral'))",
    "alter table inspection alter column draw drop not null, alter column sealed_salt drop not null, alter column sealed_leaf drop not null,"
    " alter column sealed_index drop not null",
    "alter table inspection add constraint inspection_sealed_if_drawn check ((draw is null) = (sealed_leaf is null))",
    "create table exemption (id uuid primary key, enterprise uuid not null, department varchar(20) not null, legal_basis text not null,"
    " valid_from date not null, valid_to date, decided_by uuid not null, decided_at timestamptz not null, ended_at timestamptz)",
    "create index exemption_standing on exemption (department, enterprise) where ended_at is null",
    "create table ledger_cosignature (id bigserial primary key, size bigint not null, witness varchar(120) not null, line text not null)",
    "create unique index ledger_cosignature_once on ledger_cosignature (size, witness)",
    *(f"create trigger {t}_append_only before update or delete or truncate on {t} for each statement execute function refuse_change()" for t in APPEND_ONLY),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
