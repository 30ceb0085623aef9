"""Changes are told on the channel "live" in the transaction that makes them: ids, departments and regions, never contents."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-25T16:00:13:500000"
VERSION = "1.38.0"
DESCRIPTION = "triggers that tell of changes"

UP = (
    # k: kind, i: id, u: topics of what contains it, d: departments, r: region. Equal texts of one transaction are sent once.
    "create function live_tell(kind text, id uuid, up text[], departments text[], region text) returns void language sql as $$"
    " select pg_notify('live', json_build_object('k', kind, 'i', id, 'u', up, 'd', departments, 'r', region)::text) $$",
    # A visit: its department, those of its officers, and the campaign that it belongs to.
    "create function live_tell_inspection(wanted uuid, with_id boolean) returns void language sql as $$"
    " select live_tell('inspection', case when with_id then i.id end, array['campaign:' || i.campaign],"
    " array(select distinct d from unnest(array[i.department, c.department] || c.partners"
    " || array(select o.department from inspection_officer o where o.inspection = i.id)) d order by d), i.county)"
    " from inspection i join campaign c on c.id = i.campaign where i.id = wanted $$",
    "create function live_campaign() returns trigger language plpgsql as $$ begin"
    " perform live_tell('campaign', new.id, '{}', new.department || new.partners, new.region); return null; end $$",
    # A draw opens many visits at once: they are told as many, not one by one.
    "create function live_inspection() returns trigger language plpgsql as $$ begin"
    " perform live_tell_inspection(new.id, tg_op = 'UPDATE'); return null; end $$",
    "create function live_of_inspection() returns trigger language plpgsql as $$ begin perform live_tell_inspection(new.inspection, true); return null; end $$",
    "create function live_submission() returns trigger language plpgsql as $$ begin"
    " perform live_tell('submission', new.id, array['inspection:' || i.id, 'campaign:' || i.campaign], array(select distinct d from"
    " unnest(array[i.department] || array(select o.department from inspection_officer o where o.inspection = i.id)) d order by d), i.county)"
    " from inspection i where i.id = new.inspection; return null; end $$",
    "create function live_of_submission() returns trigger language plpgsql as $$ begin"
    " perform live_tell('submission', s.id, array['inspection:' || i.id], array(select distinct d from"
    " unnest(array[i.department] || array(select o.department from inspection_officer o where o.inspection = i.id)) d order by d), i.county)"
    " from submission s join inspection i on i.id = s.inspection where s.id = new.submission; return null; end $$",
    "create function live_of_draw() returns trigger language plpgsql as $$ begin"
    " perform live_tell('campaign', c.id, '{}', c.department || c.partners, c.region) from campaign c"
    " where c.id = (case tg_table_name when 'draw' then (to_jsonb(new) ->> 'campaign')::uuid"
    " else (select d.campaign from draw d where d.id = (to_jsonb(new) ->> 'draw')::uuid) end); return null; end $$",
    "create function live_import() returns trigger language plpgsql as $$ begin"
    " perform live_tell('import', new.id, '{}', '{}', new.region); return null; end $$",
    "create function live_recusal() returns trigger language plpgsql as $$ begin"
    " perform live_tell('recusal', new.id, '{}', array(select p.department from inspector p where p.id = new.inspector),"
    " (select e.region from enterprise e where e.id = new.enterprise)); return null; end $$",
    "create trigger campaign_live after insert or update on campaign for each row execute function live_campaign()",
    "create trigger inspection_live after insert or update on inspection for each row execute function live_inspection()",
    "create trigger inspection_officer_live after update on inspection_officer for each row execute function live_of_inspection()",
    "create trigger visit_part_live after insert on visit_part for each row execute function live_of_inspection()",
    "create trigger draw_replacement_live after insert or update on draw_replacement for each row execute function live_of_inspection()",
    "create trigger submission_live after insert or update on submission for each row execute function live_submission()",
    "create trigger record_decision_live after insert on record_decision for each row execute function live_of_submission()",
    "create trigger record_cosignature_live after insert on record_cosignature for each row execute function live_of_submission()",
    "create trigger record_waiver_live after insert on record_waiver for each row execute function live_of_submission()",
    "create trigger draw_live after insert or update of state on draw for each row execute function live_of_draw()",
    "create trigger draw_witnessing_live after insert or update on draw_witnessing for each row execute function live_of_draw()",
    "create trigger import_batch_live after insert or update on import_batch for each row execute function live_import()",
    "create trigger recusal_live after insert or update on recusal for each row execute function live_recusal()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
