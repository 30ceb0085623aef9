"""Statutory periods, the desk around a visit, versions of results, orders to correct, objections, copies and hand-overs."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:12:000000"
VERSION = "1.38.0"
DESCRIPTION = "work and outcomes"

APPEND_ONLY = ("desk_comment", "desk_extension", "desk_run")

# (clock, amount, unit, warn, source). A clock of amount 0 counts to a day that is stored with its thing.
PERIODS = (
    ("visit", 0, "working", 5, "抽查任务公告的完成期限"),
    ("scan", 10, "natural", 3, "扫码入企工作指引：系统或网络故障的，10个自然日内补录"),
    ("publish", 20, "working", 5, "国发〔2019〕5号等：检查完成之日起20个工作日内公示"),
    ("review", 5, "working", 2, "本机关内部办理时限，可修改"),
    ("objection", 20, "working", 5, "企业信息公示暂行条例（2014年文本）第十七条；条例已修订，以现行文本为准"),
    ("replacement", 3, "working", 1, "本机关内部办理时限，可修改"),
    ("rectify", 0, "working", 3, "责令改正通知书载明的期限"),
    ("withdraw", 3, "working", 1, "行政处罚法第四十八条、第八十五条：三日内撤回，三日指工作日"),
    ("acknowledge", 5, "working", 2, "本机关内部办理时限，可修改"),
)
# Outcomes of a follow-up visit after which nothing of the order remains to be done.
SETTLED = ("1", "E", "F", "7", "9", "10", "11", "12")

UP = (
    "create table statutory_period (id bigserial primary key, clock varchar(20) not null, amount smallint not null, unit varchar(8) not null,"
    " warn smallint not null, valid_from date not null, valid_to date, source text not null)",
    "alter table statutory_period add constraint statutory_period_values check (amount >= 0 and warn >= 0 and unit in ('working','natural')"
    " and (valid_to is null or valid_to >= valid_from) and source <> '')",
    "create extension if not exists btree_gist",
    "alter table statutory_period add constraint statutory_period_one_at_a_time exclude using gist"
    " (clock with =, daterange(valid_from, valid_to, '[]') with &&)",
    *(
        f"insert into statutory_period (clock, amount, unit, warn, valid_from, source) values ('{clock}', {amount}, '{unit}', {warn}, '2019-01-01', '{source}')"
        for clock, amount, unit, warn, source in PERIODS
    ),
    "create table desk_comment (id uuid primary key, inspection uuid not null references inspection (id) on delete restrict, author uuid not null,"
    " department varchar(20), text text not null, mentions uuid[] not null, at timestamptz not null, entry_id uuid not null)",
    "create index desk_comment_inspection on desk_comment (inspection, at)",
    "create table desk_extension (id bigserial primary key, inspection uuid not null references inspection (id) on delete restrict, due_before date not null,"
    " due_after date not null, reason text not null, extended_by uuid not null, at timestamptz not null, entry_id uuid not null)",
    "create index desk_extension_inspection on desk_extension (inspection)",
    "alter table desk_extension add constraint desk_extension_later check (due_after > due_before)",
    "create table desk_run (id uuid primary key, action varchar(12) not null, params jsonb not null, results jsonb not null, account uuid not null,"
    " at timestamptz not null)",
    "create index desk_run_account on desk_run (account, at desc)",
    "alter table inspection add column reviewer uuid",
    "create index inspection_submitted_queue on inspection (reviewer) where state in ('submitted','under_review')",
    "alter table campaign drop constraint campaign_kind",
    "alter table campaign add constraint campaign_kind check (kind in ('random','complaint','referral','recheck'))",
    "alter table publication drop constraint if exists publication_number_key",
    "alter table publication add column status varchar(10) not null default 'published', add column reason text not null default '',"
    " add column decided_on date",
    "alter table publication add constraint publication_status check (status in ('published','corrected','withdrawn')"
    " and (status = 'published') = (version = 1) and (status = 'published') = (reason = ''))",
    "create unique index publication_number_version on publication (number, version)",
    "create table rectification_order (id uuid primary key, number varchar(40) not null unique, department varchar(20) not null, year smallint not null,"
    " serial integer not null, inspection uuid not null references inspection (id) on delete restrict, enterprise uuid not null,"
    " enterprise_code varchar(40) not null, enterprise_name varchar(200) not null, county varchar(12) not null, demand text not null,"
    " legal_basis text not null, due_on date not null, state varchar(12) not null, ordered_by uuid not null, ordered_at timestamptz not null,"
    " closed_at timestamptz, closed_by uuid, closing text not null, entry_id uuid not null)",
    "create unique index rectification_serial on rectification_order (department, year, serial)",
    "create index rectification_inspection on rectification_order (inspection)",
    "create index rectification_open on rectification_order (department, county, due_on) where state in ('open','uncorrected')",
    "alter table rectification_order add constraint rectification_state check (state in ('open','uncorrected','corrected','ended')"
    " and (closed_at is null) = (state in ('open','uncorrected')))",
    "create table rectification_followup (inspection uuid primary key references inspection (id) on delete restrict,"
    " of_order uuid not null references rectification_order (id) on delete restrict, opened_by uuid not null, opened_at timestamptz not null,"
    " result varchar(12) not null, judged_at timestamptz)",
    "alter table rectification_followup add constraint rectification_followup_result check (result in ('','corrected','uncorrected','gone')"
    " and (result = '') = (judged_at is null))",
    "create unique index rectification_followup_open on rectification_followup (of_order) where result = ''",
    "create table rectification_outcome (code varchar(4) not null, valid_from date not null, valid_to date, source text not null, primary key (code, valid_from))",
    *(
        f"insert into rectification_outcome (code, valid_from, source) values ('{code}', '2019-01-01', '检查结果代码：不再有待处理的问题')"
        for code in SETTLED
    ),
    "create table objection (id uuid primary key, number varchar(40) not null unique, department varchar(20) not null, year smallint not null,"
    " serial integer not null, inspection uuid not null references inspection (id) on delete restrict, result varchar(60) not null, result_version integer not null,"
    " enterprise uuid not null, enterprise_code varchar(40) not null, enterprise_name varchar(200) not null, county varchar(12) not null,"
    " objector varchar(120) not null, contact varchar(120) not null, grounds text not null, filed_on date not null, state varchar(10) not null,"
    " entered_by uuid not null, entered_at timestamptz not null, decision varchar(10) not null, decision_reason text not null, decided_by uuid,"
    " decided_at timestamptz, entry_id uuid not null)",
    "create unique index objection_serial on objection (department, year, serial)",
    "create unique index objection_one_open on objection (inspection) where state = 'open'",
    "create index objection_open on objection (department, county, filed_on) where state = 'open'",
    "alter table objection add constraint objection_state check (state in ('open','decided') and decision in ('','kept','corrected','withdrawn')"
    " and (state = 'open') = (decision = '') and (state = 'open') = (decided_at is null))",
    "create table handover (id uuid primary key, number varchar(40) not null unique, department varchar(20) not null, year smallint not null,"
    " serial integer not null, kind varchar(8) not null, inspection uuid not null references inspection (id) on delete restrict, enterprise uuid not null,"
    " enterprise_code varchar(40) not null, enterprise_name varchar(200) not null, county varchar(12) not null, to_department varchar(20),"
    " to_unit varchar(120) not null, matter text not null, sent_by uuid not null, sent_at timestamptz not null, acknowledged_by uuid,"
    " acknowledged_at timestamptz, answer text not null, entry_id uuid not null)",
    "create unique index handover_serial on handover (department, year, serial)",
    "create index handover_inspection on handover (inspection)",
    "create index handover_to on handover (to_department, sent_at desc)",
    "create index handover_from on handover (department, sent_at desc)",
    "alter table handover add constraint handover_kind check (kind in ('copy','case') and (kind = 'copy') = (to_department is not null)"
    " and (to_department is null or to_department <> department))",
    *(f"create trigger {t}_append_only before update or delete or truncate on {t} for each statement execute function refuse_change()" for t in APPEND_ONLY),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
