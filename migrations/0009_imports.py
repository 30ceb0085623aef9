"""Imports of a million rows: typed rows, a place in the file to go on from, remembered columns, undo."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:09:500000"
VERSION = "1.38.0"
DESCRIPTION = "streamed imports, their mapping and their undo"

STATES = "'reading','mapping','previewed','applying','applied','undoing','undone','failed','cancelled'"
VALUES = ("code_kind", "override_reason", "name", "name_key", "region", "industry", "kind", "status", "address", "legal_rep", "phone", "established_on", "credit_class")

UP = (
    "alter table import_batch alter column bytes type bigint, add column kind varchar(12) not null default 'register', add column department varchar(20),"
    " add column applied_by uuid, add column source jsonb, add column at_byte bigint not null default 0, add column at_row integer not null default 0,"
    " add column rate integer not null default 0, add column is_mapped boolean not null default false, add column headers_sha256 varchar(64),"
    " add column sample jsonb not null default '[]', add column skipped integer not null default 0, add column applied_rows integer not null default 0,"
    " add column undo jsonb, add column undone_at timestamptz, add column undone_by uuid",
    # Until now whoever pressed the button replaced the uploader; nobody can say who that was.
    "update import_batch set applied_by = account where state = 'applied'",
    # A preview of the old shape is read anew from its file.
    "delete from import_row r using import_batch b where b.id = r.batch and b.state in ('reading', 'previewed')",
    "update import_batch set state = 'reading', done = 0, new = 0, changed = 0, same = 0, bad = 0 where state in ('reading', 'previewed')",
    "update import_batch set state = 'failed', error = '{\"zh\": \"升级时被中断，请重新上传\", \"en\": \"interrupted by an upgrade: upload it again\"}' where state = 'applying'",
    f"alter table import_batch add constraint import_batch_state check (state in ({STATES})),"
    " add constraint import_batch_kind check (kind in ('register','penalties','permits'))",
    "create index import_batch_waiting on import_batch (created_at, id) where state in ('reading','applying','undoing')",
    "alter table import_row rename to import_row_before",
    "create table import_row (batch uuid not null, row_no integer not null, verdict varchar(8) not null,"
    " code varchar(40), code_kind varchar(10), override_reason text, name varchar(200), name_key varchar(400), region varchar(12), industry varchar(10),"
    " kind varchar(30), status varchar(20), address varchar(300), legal_rep varchar(80), phone varchar(40), established_on date, credit_class varchar(1),"
    " draft jsonb, changes jsonb, raw jsonb, errors jsonb, overridden_by uuid, before jsonb, undo varchar(10))",
    "insert into import_row (batch, row_no, verdict, code, " + ", ".join(VALUES) + ", changes, raw, errors)"
    " select batch, row_no, verdict, draft->>'code', " + ", ".join(f"(draft->>'{v}')::date" if v == "established_on" else f"draft->>'{v}'" for v in VALUES)
    + ", nullif(draft->'changes', '{}'), case when verdict = 'bad' then raw end, errors from import_row_before",
    "drop table import_row_before",
    "alter table import_row add constraint import_row_verdict check (verdict in ('new','changed','same','bad'))",
    "create index import_row_batch on import_row (batch, verdict, row_no)",
    # The dossier asks which files told of an enterprise.
    "create index import_row_code on import_row (code)",
    "create table import_mapping (id uuid primary key, department varchar(20) not null, layout varchar(12) not null, headers_sha256 varchar(64) not null,"
    " columns jsonb not null, mapped_by uuid not null, mapped_at timestamptz not null)",
    "create unique index import_mapping_source on import_mapping (department, layout, headers_sha256)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
