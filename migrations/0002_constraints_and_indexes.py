"""What Piccolo cannot declare: checks, composite keys, partial indexes, append-only triggers."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-23T18:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "constraints, indexes and append-only triggers"

APPEND_ONLY = (
    "ledger_leaf",
    "ledger_entry",
    "draw_frame_row",
    "draw_pool_row",
    "draw_recusal",
    "submission_photo",
    "review",
    "publication",
    "checklist",
)

UP = (
    "create extension if not exists pg_trgm",
    "create index enterprise_name_trgm on enterprise using gin (name gin_trgm_ops)",
    "alter table enterprise add constraint enterprise_class check (credit_class in ('A','B','C','D'))",
    "alter table enterprise add constraint enterprise_override check (code_kind <> 'override' or override_reason is not null)",
    "alter table account add constraint account_role check (role in ('admin','manager','reviewer','inspector','auditor'))",
    "alter table draw add constraint draw_state check (state in ('announced','drawn','revealed','voided'))",
    "alter table draw add constraint draw_void_has_reason check ((state = 'voided') = (void_reason is not null))",
    "create unique index draw_one_live_per_campaign on draw (campaign) where state <> 'voided'",
    "create unique index draw_frame_row_object on draw_frame_row (draw, object_id collate \"C\")",
    "create unique index draw_pool_row_pid on draw_pool_row (draw, pid collate \"C\")",
    "alter table campaign add constraint campaign_state check (state in ('draft','announced','drawn','closed','voided'))",
    "alter table campaign add constraint campaign_officers check (officers_per_visit >= 2)",
    "create unique index campaign_item_once on campaign_item (campaign, item)",
    "create unique index checklist_version on checklist (item, version)",
    "create unique index inspection_once_per_draw on inspection (draw, enterprise)",
    "create index inspection_open on inspection (department, county, state, due_on)",
    "create unique index inspection_officer_slot on inspection_officer (inspection, slot)",
    "create unique index inspection_officer_once on inspection_officer (inspection, inspector)",
    "create unique index submission_one_standing on submission (inspection) where state in ('submitted','approved')",
    "alter table submission add constraint submission_state check (state in ('submitted','returned','approved'))",
    "create unique index recusal_pair on recusal (inspector, enterprise) where ended_at is null",
    "create unique index publication_version on publication (inspection, version)",
    "create unique index ledger_tile_place on ledger_tile (level, number)",
    "create index import_row_batch on import_row (batch, verdict, row_no)",
    "create index outbox_due on outbox_job (available_at, id) where gave_up_at is null",
    "create index inbox_unread on inbox_entry (account, created_at desc) where read_at is null",
    "create function refuse_change() returns trigger language plpgsql as $$ begin"
    " raise exception 'rows of % are never changed or deleted', tg_table_name using errcode = 'integrity_constraint_violation'; end $$",
    *(
        f"create trigger {t}_append_only before update or delete or truncate on {t} for each statement execute function refuse_change()"
        for t in APPEND_ONLY
    ),
    # A record, once signed, stays: only the state that the office gives it moves.
    "create function submission_is_sealed() returns trigger language plpgsql as $$ begin"
    " if tg_op = 'DELETE' or (new.id, new.inspection, new.record, new.record_sha256, new.signature, new.device, new.account, new.received_at)"
    " is distinct from (old.id, old.inspection, old.record, old.record_sha256, old.signature, old.device, old.account, old.received_at)"
    " then raise exception 'a signed record is never changed' using errcode = 'integrity_constraint_violation'; end if; return new; end $$",
    "create trigger submission_sealed before update or delete on submission for each row execute function submission_is_sealed()",
    # What was announced binds: only the later steps of a draw may be written beside it.
    "create function draw_announcement_binds() returns trigger language plpgsql as $$ begin"
    " if tg_op = 'DELETE' or (new.draw_id, new.announcement, new.announcement_sha256, new.seed, new.salt_key, new.person_key)"
    " is distinct from (old.draw_id, old.announcement, old.announcement_sha256, old.seed, old.salt_key, old.person_key)"
    " or (old.randomness is not null and new.randomness is distinct from old.randomness)"
    " or (old.result is not null and new.result is distinct from old.result)"
    " then raise exception 'an announced draw is never changed' using errcode = 'integrity_constraint_violation'; end if; return new; end $$",
    "create trigger draw_binds before update or delete on draw for each row execute function draw_announcement_binds()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
