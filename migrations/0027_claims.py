"""Enterprises claim their pages: codes, people, sessions, passkeys, uploads; replies beside results; proof of correction; objections by themselves."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "claims of enterprises, responses, proof of correction, objections filed by enterprises"

BASIS = "企业认领为本平台自愿使用的功能，有效期由本机关确定，可修改"

UP = (
    "alter table retention drop constraint retention_sane",
    "alter table retention add constraint retention_sane check (what ~ '^[a-z_]+$' and days between 1 and 3650 and (valid_to is null or valid_to > valid_from))",
    "insert into retention (id, what, days, valid_from, source, version)"
    f" select gen_random_uuid(), what, days, '2019-01-01', '{BASIS}', 1 from (values ('claim_post', 60), ('claim_site', 2), ('claim_invite', 7)) v (what, days)",
    "insert into statutory_period (clock, amount, unit, warn, valid_from, source) values ('response', 2, 'working', 1, '2019-01-01',"
    " '行政处罚法第七条（陈述、申辩权）；审看期限由本机关确定，逾期未处理的自动公开')",
    "create table claim_code (id uuid primary key, enterprise uuid not null, kind varchar(6) not null, locator varchar(6) not null,"
    " code_hash varchar(64) not null, rights varchar(10)[] not null, issued_by uuid not null, issued_at timestamptz not null, expires_at timestamptz not null,"
    " tries smallint not null, used_at timestamptz, ended_at timestamptz, ending varchar(10) not null, entry_id uuid not null)",
    "alter table claim_code add constraint claim_code_state check (kind in ('post','site','invite') and ending in ('','revoked','replaced','tries')"
    " and (ended_at is null) = (ending = '') and (used_at is null or ended_at is null) and expires_at > issued_at)",
    "create index claim_code_locator on claim_code (locator)",
    "create index claim_code_enterprise on claim_code (enterprise, issued_at desc)",
    "create table claim_member (id uuid primary key, enterprise uuid not null, is_owner boolean not null, rights varchar(10)[] not null, sealed bytea not null,"
    " login_hash varchar(64) not null, password_hash varchar(200) not null, code uuid not null references claim_code (id) on delete restrict,"
    " joined_at timestamptz not null, ended_at timestamptz, ending varchar(200) not null, version smallint not null)",
    "alter table claim_member add constraint claim_member_state check ((ended_at is null) = (ending = '') and (ended_at is null) = (login_hash <> '')"
    " and rights <@ array['reply','upload','object']::varchar[])",
    "create unique index claim_member_login on claim_member (login_hash) where ended_at is null",
    "create unique index claim_member_owner on claim_member (enterprise) where is_owner and ended_at is null",
    "create index claim_member_enterprise on claim_member (enterprise)",
    "create table claim_session (key_sha256 varchar(64) primary key, member uuid not null references claim_member (id) on delete cascade,"
    " created_at timestamptz not null, expires_at timestamptz not null)",
    "create index claim_session_expires_at on claim_session (expires_at)",
    "create index claim_session_member on claim_session (member)",
    "create table claim_passkey (id uuid primary key, member uuid not null references claim_member (id) on delete cascade, credential_id bytea not null unique,"
    " public_key bytea not null, sign_count bigint not null, name varchar(120) not null, created_at timestamptz not null, last_used_at timestamptz)",
    "create index claim_passkey_member on claim_passkey (member)",
    "create table claim_challenge (id uuid primary key, member uuid references claim_member (id) on delete cascade, challenge bytea not null,"
    " expires_at timestamptz not null)",
    "create index claim_challenge_expires_at on claim_challenge (expires_at)",
    "create table claim_upload (id uuid primary key, enterprise uuid not null, sha256 varchar(64) not null, bytes bigint not null, uploaded_by uuid not null,"
    " uploaded_at timestamptz not null, unique (enterprise, sha256))",
    "create table response (id uuid primary key, result varchar(60) not null, version integer not null, inspection uuid not null, department varchar(20) not null,"
    " county varchar(12) not null, enterprise uuid not null, enterprise_name varchar(200) not null, body text not null, state varchar(10) not null,"
    " shows_on date not null, filed_by uuid not null, filed_at timestamptz not null, decided_by uuid, decided_at timestamptz, ground varchar(10) not null,"
    " reason text not null, entry_id uuid not null, unique (result, version))",
    "alter table response add constraint response_state check (state in ('waiting','shown','withheld','withdrawn') and ground in ('','privacy','insult')"
    " and (state = 'withheld') = (ground <> '') and (state <> 'withheld' or reason <> '') and (body = '') = (state = 'withdrawn'))",
    "create index response_enterprise on response (enterprise)",
    "create index response_waiting on response (shows_on) where state = 'waiting'",
    "create table rectification_evidence (id uuid primary key, of_order uuid not null references rectification_order (id) on delete restrict,"
    " enterprise uuid not null, note text not null, files varchar(64)[] not null, handed_by uuid not null, handed_at timestamptz not null,"
    " entry_id uuid not null)",
    "alter table rectification_evidence add constraint rectification_evidence_files check (cardinality(files) between 1 and 9)",
    "create index rectification_evidence_order on rectification_evidence (of_order, handed_at)",
    "create trigger rectification_evidence_append_only before update or delete or truncate on rectification_evidence for each statement"
    " execute function refuse_change()",
    "alter table objection add column origin varchar(10) not null default 'office'",
    "alter table objection add column files varchar(64)[] not null default '{}'",
    "alter table objection add constraint objection_origin check (origin in ('office','enterprise') and cardinality(files) <= 9)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
