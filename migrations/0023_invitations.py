"""Invitations to the partners of a joint campaign, the norm that a load is judged by, counts by county, industry and class."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T20:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "invitations and norms of work"

UP = (
    "insert into statutory_period (clock, amount, unit, warn, valid_from, source) values ('invitation', 2, 'working', 1, '2019-01-01',"
    " '部门联合双随机抽查工作指引：配合部门2个工作日内答复并抽取执法检查人员，各地规定不同的在此修改')",
    "create table invitation (id uuid primary key, campaign uuid not null references campaign (id) on delete restrict,"
    " department varchar(20) not null references department (code) on delete restrict, version integer not null, state varchar(10) not null,"
    " message text not null, sent_by uuid not null, sent_at timestamptz not null, officers smallint, counties varchar(12)[] not null,"
    " items varchar(20)[] not null, answer text not null, answered_by uuid, answered_at timestamptz, lapsed_at timestamptz, ground text not null,"
    " overridden_by uuid, overridden_at timestamptz, ended_at timestamptz, ended_by uuid, ending text not null, entry_id uuid not null)",
    "create unique index invitation_current on invitation (campaign, department) where ended_at is null",
    "create index invitation_campaign on invitation (campaign)",
    "create index invitation_of on invitation (department, sent_at desc)",
    "create index invitation_open on invitation (sent_at) where state = 'open' and ended_at is null",
    "alter table invitation add constraint invitation_state check (state in ('open','accepted','declined','overridden')"
    " and (state = 'accepted') = (officers is not null) and (state not in ('accepted','declined') or answered_at is not null)"
    " and (state <> 'declined' or answer <> '') and (state <> 'overridden' or (overridden_at is not null and ground <> ''))"
    " and (ended_at is null) = (ending = ''))",
    "create table workload_norm (id uuid primary key, department varchar(20), usual smallint not null, most smallint not null, valid_from date not null,"
    " valid_to date, source varchar(200) not null, version integer not null)",
    "alter table workload_norm add constraint workload_norm_sane check (usual between 1 and 99 and most between usual and 99"
    " and (valid_to is null or valid_to > valid_from))",
    # Counting a million by place, trade and class reads this index alone: many equal keys, so it is small.
    "create index enterprise_strata on enterprise (region, industry, credit_class) where status = 'active'",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
