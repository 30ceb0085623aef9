"""Yearly plans: editions, lines, the approval chain, decisions, the campaigns that were made of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "yearly plans"

# (position, role, zh, en): the chain of every department until one writes its own.
STEPS = (
    (1, "reviewer", "部门负责人审核", "Head of the department"),
    (2, "admin", "双随机联席会议办公室审定", "Office of the joint conference"),
)
SOURCE = "本机关内部办理流程，可修改"
APPEND_ONLY = ("plan_decision", "plan_campaign")

UP = (
    "create table annual_plan (id uuid primary key, number varchar(40) not null unique, department varchar(20) not null, region varchar(12) not null,"
    " year smallint not null, serial integer not null, is_joint boolean not null, created_by uuid not null, created_at timestamptz not null)",
    "create unique index annual_plan_serial on annual_plan (department, year, serial)",
    "create unique index annual_plan_one on annual_plan (department, region, year, is_joint)",
    "create table plan_edition (id uuid primary key, plan uuid not null references annual_plan (id) on delete restrict, edition smallint not null,"
    " name varchar(160) not null, basis text not null, state varchar(12) not null, reason text not null, chain jsonb not null, waits_at smallint,"
    " round smallint not null, content_sha256 varchar(64) not null, created_by uuid not null, created_at timestamptz not null, submitted_by uuid,"
    " submitted_at timestamptz, approved_at timestamptz, published_at timestamptz, version integer not null)",
    "alter table plan_edition add constraint plan_edition_state check (edition > 0"
    " and state in ('draft','submitted','returned','approved','published','superseded','dropped') and (state = 'submitted') = (waits_at is not null)"
    " and (edition = 1) = (reason = ''))",
    "create unique index plan_edition_number on plan_edition (plan, edition)",
    "create unique index plan_edition_one_open on plan_edition (plan) where state in ('draft','submitted','returned')",
    "create unique index plan_edition_one_in_force on plan_edition (plan) where state in ('approved','published')",
    "create index plan_edition_waiting on plan_edition (submitted_at) where state = 'submitted'",
    "create table plan_line (id uuid primary key, edition uuid not null references plan_edition (id) on delete restrict, line uuid not null,"
    " position smallint not null, name varchar(160) not null, items varchar(20)[] not null, partners varchar(20)[] not null, counties varchar(12)[] not null,"
    " industries varchar(10)[] not null, rate_mode varchar(10) not null, rates jsonb not null, officers_per_visit smallint not null, yearly_cap smallint,"
    " first_on date not null, due_on date not null, responsible varchar(80) not null, notes text not null, warnings jsonb not null, changed_by uuid not null,"
    " changed_at timestamptz not null, version integer not null)",
    "alter table plan_line add constraint plan_line_values check (due_on >= first_on and rate_mode in ('fixed','rate','classes'))",
    "create unique index plan_line_of on plan_line (edition, line)",
    "create unique index plan_line_name on plan_line (edition, name)",
    "create table plan_step (id uuid primary key, department varchar(20), region varchar(12), position smallint not null, role varchar(12) not null,"
    " name_zh varchar(60) not null, name_en varchar(80) not null, valid_from date not null, valid_to date, source varchar(200) not null,"
    " version integer not null)",
    "alter table plan_step add constraint plan_step_values check (role in ('reviewer','admin','manager') and position between 1 and 9"
    " and (valid_to is null or valid_to > valid_from) and source <> '')",
    *(
        "insert into plan_step (id, position, role, name_zh, name_en, valid_from, source, version)"
        f" values (gen_random_uuid(), {position}, '{role}', '{zh}', '{en}', '2019-01-01', '{SOURCE}', 1)"
        for position, role, zh, en in STEPS
    ),
    "create table plan_decision (id uuid primary key, edition uuid not null references plan_edition (id) on delete restrict, round smallint not null,"
    " step smallint not null, name_zh varchar(60) not null, name_en varchar(80) not null, verdict varchar(10) not null, reason text not null,"
    " decided_by uuid not null, decided_at timestamptz not null, entry_id uuid not null)",
    "alter table plan_decision add constraint plan_decision_verdict check (verdict in ('approved','returned'))",
    "create unique index plan_decision_once on plan_decision (edition, round, step)",
    "create table plan_campaign (line uuid primary key, plan uuid not null references annual_plan (id) on delete restrict,"
    " edition uuid not null references plan_edition (id) on delete restrict, campaign uuid not null unique references campaign (id) on delete restrict,"
    " made_by uuid not null, made_at timestamptz not null, entry_id uuid not null)",
    "create index plan_campaign_plan on plan_campaign (plan)",
    # An edition that other departments may read does not change under them.
    "create function plan_line_frozen() returns trigger language plpgsql as $$ declare held varchar; begin"
    " select state into held from plan_edition where id = coalesce(new.edition, old.edition);"
    " if held not in ('draft','returned') then raise exception 'an edition that is % does not change', held; end if;"
    " return coalesce(new, old); end $$",
    "create trigger plan_line_frozen before insert or update or delete on plan_line for each row execute function plan_line_frozen()",
    "alter table paper drop constraint paper_kind",
    "alter table paper add constraint paper_kind check (kind in ('approval','results','order','plan'))",
    *(f"create trigger {t}_append_only before update or delete or truncate on {t} for each statement execute function refuse_change()" for t in APPEND_ONLY),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
