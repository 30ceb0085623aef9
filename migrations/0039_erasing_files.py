"""What enterprises and strangers send can be erased: matters say when and why.

The periods of complaints and tips follow the regulation that is in force since 2026-04-15, and the time to check a tip can be made longer.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T04:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "erasing files of enterprises and strangers"

OLD = "《市场监督管理投诉举报处理暂行办法》（总局令第20号）"
NEW = "《市场监督管理投诉举报处理办法》（总局令第121号）"
PENALTIES = "《市场监督管理行政处罚程序规定》第十八条"
# clock, amount, unit, warn, from, source. Each ends the row before it.
PERIODS = (
    ("tip_accept", 7, "working", 2, f"{NEW}第十五条：自收到投诉之日起七个工作日内作出受理或者不予受理的决定，并告知投诉人"),
    ("tip_settle", 60, "rolling", 10, f"{NEW}第二十三条：自投诉受理之日起六十日内未能达成调解协议的，终止调解；第四十五条：末日逢法定节假日顺延"),
    ("tip_check", 15, "working", 3, f"{NEW}第三十五条、{PENALTIES}：自收到材料之日起十五个工作日内予以核查，决定是否立案"),
    ("tip_check_long", 30, "working", 3, f"{NEW}第三十五条、{PENALTIES}：特殊情况下经负责人批准，可以延长十五个工作日"),
)
SINCE = "2026-04-15"
LAW = "个人信息保护法第十九条：实现目的所必要的最短时间"
UP = (
    *(
        f"alter table {table} add column erased_at timestamptz, add column erased_why varchar(300) not null default ''"
        for table in ("objection", "tip", "rectification_evidence")
    ),
    # Erased before the matter said so itself.
    "update objection set erased_at = coalesce(decided_at, entered_at), erased_why = '个人信息保护法第四十七条' where objector = '（已依法删除）'",
    "update tip set erased_at = coalesce(closed_at, decided_at, filed_at), erased_why = '个人信息保护法第四十七条' where text = '（已依法删除）'",
    # Only rows that nobody in the office has changed; the rest is theirs.
    f"update statutory_period set source = '{PENALTIES}：自收到材料之日起十五个工作日内予以核查，决定是否立案（{OLD}第三十一条）'"
    " where clock = 'tip_check' and version = 1 and valid_from = '2020-01-01'",
    f"update statutory_period set source = replace(source, '《市场监督管理投诉举报处理暂行办法》', '{OLD}')"
    " where clock in ('tip_accept', 'tip_settle') and version = 1 and valid_from = '2020-01-01'",
    "alter table statutory_period drop constraint statutory_period_values",
    "alter table statutory_period add constraint statutory_period_values check (amount >= 0 and warn >= 0 and unit in ('working','natural','rolling')"
    " and (valid_to is null or valid_to > valid_from) and source <> '') not valid",
    f"update statutory_period set valid_to = '{SINCE}' where clock in ('tip_accept', 'tip_settle', 'tip_check') and valid_to is null"
    f" and valid_from < '{SINCE}' and version = 1",
    *(
        "insert into statutory_period (clock, amount, unit, warn, valid_from, source)"
        f" select '{clock}', {amount}, '{unit}', {warn}, '{SINCE}', '{source}' where not exists"
        f" (select from statutory_period where clock = '{clock}' and (valid_to is null or valid_to > '{SINCE}'))"
        for clock, amount, unit, warn, source in PERIODS[:3]
    ),
    "insert into statutory_period (clock, amount, unit, warn, valid_from, valid_to, source) values"
    f" ('tip_check_long', 30, 'working', 3, '2020-01-01', '{SINCE}', '{PENALTIES}：特殊情况下经负责人批准，可以延长十五个工作日'),"
    f" ('tip_check_long', 30, 'working', 3, '{SINCE}', null, '{PERIODS[3][4]}')",
    f"update tip_category set source = '{NEW}，分类由各地在此维护' where version = 1 and source like '%处理暂行办法》，分类由各地在此维护'",
    "alter table tip add column extended_at timestamptz, add column extended_by uuid, add column extended_why text not null default ''",
    # Append-only, but for the one change that the law asks for.
    "create function refuse_change_but_erasure() returns trigger language plpgsql as $$"
    " begin if old.erased_at is null and new.erased_at is not null and to_jsonb(new) - '{note,erased_at,erased_why}'::text[]"
    " = to_jsonb(old) - '{note,erased_at,erased_why}'::text[] then return new; end if;"
    " raise exception 'rows of % are never changed or deleted', tg_table_name; end $$",
    "drop trigger rectification_evidence_append_only on rectification_evidence",
    "create trigger rectification_evidence_append_only before delete or truncate on rectification_evidence for each statement"
    " execute function refuse_change()",
    "create trigger rectification_evidence_erasure before update on rectification_evidence for each row execute function refuse_change_but_erasure()",
    "insert into retention (id, what, days, valid_from, source, version) values"
    f" (gen_random_uuid(), 'correction', 1825, '2020-01-01', '{LAW}；责令改正办结后按五年留存，作为办结依据的材料归入案件档案，不在此列', 1)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
