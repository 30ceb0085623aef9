"""Evaluations of visits, and complaints and tips of citizens with their categories, periods and visits."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.storage.engine import database

ID = "2026-11-26T00:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "evaluations, complaints and tips"

ORDER = "《市场监督管理投诉举报处理暂行办法》"
PERIODS = (
    ("tip_accept", 7, "working", 2, f"{ORDER}第十四条：收到投诉之日起七个工作日内作出受理或者不予受理的决定"),
    ("tip_check", 15, "working", 3, f"{ORDER}第三十一条：收到举报之日起十五个工作日内予以核查并决定是否立案"),
    ("tip_settle", 45, "working", 5, f"{ORDER}第二十一条：自投诉受理之日起四十五个工作日内未能达成调解协议的，终止调解"),
    ("tip_case", 90, "natural", 10, "《市场监督管理行政处罚程序规定》第六十四条：自立案之日起九十日内作出处理决定"),
)
# code, subject, track, zh, en
CATEGORIES = (
    ("food", "enterprise", "tip", "食品安全", "Food safety"),
    ("quality", "enterprise", "tip", "产品质量、假冒伪劣", "Product quality, counterfeits"),
    ("drug", "enterprise", "tip", "药品、医疗器械、化妆品", "Medicines, medical devices, cosmetics"),
    ("price", "enterprise", "tip", "价格、收费、计量", "Prices, charges, measures"),
    ("advert", "enterprise", "tip", "虚假宣传、广告", "False claims, advertising"),
    ("licence", "enterprise", "tip", "无证无照经营", "Trading without licence or permit"),
    ("fire", "enterprise", "tip", "消防和安全隐患", "Fire and safety hazards"),
    ("environment", "enterprise", "tip", "环境污染", "Pollution"),
    ("consumer", "enterprise", "complaint", "消费纠纷（请求调解）", "Consumer dispute (asks for mediation)"),
    ("conduct", "office", "tip", "执法人员态度作风", "Conduct of an officer"),
    ("bribe", "office", "tip", "索要或收受财物", "Asking for or taking gifts"),
    ("procedure", "office", "tip", "不亮证、不扫码等程序问题", "Procedure: no certificate shown, no scan"),
    ("burden", "office", "tip", "重复检查、乱检查、乱罚款", "Repeated or arbitrary inspections and fines"),
)
REGULATION = "《国务院办公厅关于严格规范涉企行政检查的意见》（国办发〔2024〕54号）"


def _quoted(values: tuple[object, ...]) -> str:
    return ", ".join(str(v) if isinstance(v, int) else "'" + str(v) + "'" for v in values)


UP = (
    *(
        f"insert into statutory_period (clock, amount, unit, warn, valid_from, source) values ({_quoted((clock, amount, unit, warn, '2020-01-01', source))})"
        for clock, amount, unit, warn, source in PERIODS
    ),
    "create table evaluation_rule (id uuid primary key default gen_random_uuid(), least smallint not null, window_days smallint not null,"
    " most smallint not null, valid_from date not null, valid_to date, source varchar(200) not null, version integer not null default 1)",
    "alter table evaluation_rule add constraint evaluation_rule_sane check (least between 2 and 100 and window_days between 1 and 400"
    " and most between 1 and 20 and (valid_to is null or valid_to > valid_from))",
    "insert into evaluation_rule (least, window_days, most, valid_from, source) values (5, 30, 3, '2025-01-01',"
    f" '{REGULATION}：企业可以评价；满5家才统计、30天内有效、每次检查3份，各地另有规定的在此修改')",
    "create table evaluation (id uuid primary key, inspection uuid not null references inspection (id) on delete restrict, enterprise uuid not null,"
    " department varchar(20) not null, county varchar(12) not null, day date not null, device_sha256 varchar(64) not null,"
    " content_sha256 varchar(64) not null, certificates boolean not null, scanned boolean not null, gifts boolean not null, polite smallint not null,"
    " clear smallint not null, overall smallint not null, text text not null, salt bytea not null, commitment varchar(64) not null unique)",
    "alter table evaluation add constraint evaluation_scores check (polite between 1 and 5 and clear between 1 and 5 and overall between 1 and 5)",
    "create unique index evaluation_once on evaluation (inspection, device_sha256)",
    "create index evaluation_day on evaluation (day)",
    "create index evaluation_of on evaluation (department, day)",
    "create table evaluation_seal (week date primary key, sealed integer not null, entry_id uuid not null)",
    "create trigger evaluation_seal_append_only before update or delete or truncate on evaluation_seal for each statement execute function refuse_change()",
    "create table tip_category (code varchar(20) primary key, subject varchar(10) not null, track varchar(10) not null, zh varchar(80) not null,"
    " en varchar(120) not null, department varchar(20), position smallint not null, valid_from date not null, valid_to date,"
    " source varchar(200) not null, version integer not null default 1)",
    "alter table tip_category add constraint tip_category_sane check (subject in ('enterprise','office') and track in ('complaint','tip')"
    " and (subject = 'enterprise' or (track = 'tip' and department is null)) and (valid_to is null or valid_to > valid_from))",
    *(
        "insert into tip_category (code, subject, track, zh, en, position, valid_from, source)"
        f" values ({_quoted((*category, n, '2020-01-01', ORDER + '，分类由各地在此维护'))})"
        for n, category in enumerate(CATEGORIES, 1)
    ),
    "create table tip (id uuid primary key, number varchar(40) not null unique, track varchar(10) not null, year smallint not null, serial integer not null,"
    " form_sha256 varchar(64) not null unique, content_sha256 varchar(64) not null, code_sha256 varchar(64) not null unique, subject varchar(10) not null,"
    " category varchar(20) not null references tip_category (code) on delete restrict, enterprise uuid, enterprise_code varchar(40) not null,"
    " enterprise_name varchar(200) not null, accused varchar(200) not null, county varchar(12) not null, place varchar(300) not null, text text not null,"
    " contact bytea, filed_at timestamptz not null, filed_on date not null, state varchar(10) not null,"
    " department varchar(20) references department (code) on delete restrict, clock varchar(20), since date, reason text not null, decided_by uuid,"
    " decided_at timestamptz, joined_to uuid references tip (id) on delete restrict, closed_by uuid, closed_at timestamptz, version integer not null,"
    " entry_id uuid not null)",
    "alter table tip add constraint tip_state check (state in ('filed','accepted','declined','joined','closed')"
    " and (state = 'joined') = (joined_to is not null) and (state = 'closed') = (closed_at is not null) and (clock is null) = (since is null)"
    " and (state in ('filed','accepted')) = (clock is not null) and (state <> 'declined' or reason <> ''))",
    "alter table tip add constraint tip_subject check (subject in ('enterprise','office') and (subject = 'enterprise' or department is null))",
    "alter table tip add constraint tip_serial_positive check (serial > 0)",
    "create unique index tip_serial on tip (track, year, serial)",
    "create index tip_open on tip (department, since) where clock is not null",
    "create index tip_latest on tip (department, filed_at desc)",
    "create index tip_enterprise on tip (enterprise) where enterprise is not null",
    "create index tip_joined on tip (joined_to) where joined_to is not null",
    "create table tip_message (id uuid primary key, tip uuid not null references tip (id) on delete restrict, kind varchar(10) not null, author uuid,"
    " text text not null, at timestamptz not null, entry_id uuid not null)",
    "alter table tip_message add constraint tip_message_kind check (kind in ('added','answer','closing') and (kind = 'added') = (author is null))",
    "create index tip_message_of on tip_message (tip, at)",
    "create table tip_visit (inspection uuid primary key references inspection (id) on delete restrict, tip uuid not null references tip (id)"
    " on delete restrict, campaign uuid not null, opened_by uuid not null, opened_at timestamptz not null, entry_id uuid not null)",
    "create index tip_visit_of on tip_visit (tip)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sunlot", description=DESCRIPTION)

    async def up() -> None:
        for statement in UP:
            await database().run_ddl(statement)

    manager.add_raw(up)
    return manager
