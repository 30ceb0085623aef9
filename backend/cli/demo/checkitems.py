"""Check items 随机抽查事项, their checklists 检查表 and the outcome codes 检查结果代码 of the demo county.

The laws named are real; an article is given only where the text is certain, otherwise the law alone. An office replaces
these by its own item list. Proving test: ``tests/rules/test_demo_county.py``.

A checklist is a list of questions: ``{"id", "zh", "en", "type", "law"}`` with ``type`` one of ``yes_no_na``
(+ ``photo_required_when``: "no" or None), ``number`` (+ ``unit``, ``min``, ``max``), ``choice`` (+ ``options``:
``[{"value", "zh", "en"}]``) and ``text``. Optional: ``show_if`` {"q", "is"}, ``guidance`` {"zh", "en"}, ``suggestions`` [{"zh", "en"}].
"""

# fmt: off
# ruff: noqa: E501 - one question per line reads better than the same question on three
from __future__ import annotations

from datetime import date
from typing import Any, Final

from backend.cli.demo.guidance import with_hints

Question = dict[str, Any]
VALID_FROM: Final = date(2026, 1, 1)


def _ask(key: str, zh: str, en: str, law: str, photo: bool = True) -> Question:
    return {"id": key, "zh": zh, "en": en, "type": "yes_no_na", "photo_required_when": "no" if photo else None, "law": law}


def _measure(key: str, zh: str, en: str, unit: str, low: float, high: float, law: str) -> Question:
    return {"id": key, "zh": zh, "en": en, "type": "number", "unit": unit, "min": low, "max": high, "law": law}


def _choose(key: str, zh: str, en: str, law: str, *options: tuple[str, str, str]) -> Question:
    return {"id": key, "zh": zh, "en": en, "type": "choice", "options": [{"value": i, "zh": z, "en": e} for i, z, e in options], "law": law}


def _note(zh: str = "其他需要说明的情况", en: str = "Anything else to note") -> Question:
    return {"id": "note", "zh": zh, "en": en, "type": "text", "law": ""}


def _item(code: str, department: str, zh: str, en: str, category: str, basis: str, method: str, qualification: str | None, *questions: Question) -> dict[str, Any]:
    return {
        "code": code,
        "department": department,
        "name_zh": zh,
        "name_en": en,
        "category": category,
        "legal_basis": basis,
        "method": method,
        "qualification": qualification,
        "valid_from": VALID_FROM,
        "valid_to": None,
        "checklist": {"version": 1, "title_zh": f"{zh}检查表", "title_en": f"Checklist: {en}", "questions": with_hints(code, list(questions))},
    }


def check_items() -> list[dict[str, Any]]:
    """Nine items: the columns of ``inspections.tables.CheckItem`` and a ``checklist`` (version, titles, questions)."""
    return [*_market(), *_fire(), *_environment()]


def _market() -> list[dict[str, Any]]:
    return [
        _item(
            "SC01", "scjg", "餐饮服务食品安全监督检查", "Food safety in catering", "general",
            "《中华人民共和国食品安全法》第一百一十条", "onsite", "food",
            _ask("licence", "食品经营许可证是否有效并在显著位置公示", "Is the food business licence valid and displayed?", "食品安全法 第三十五条"),
            _ask("health", "接触直接入口食品的从业人员是否持有效健康证明", "Do staff who handle ready-to-eat food hold valid health certificates?", "食品安全法 第四十五条"),
            _ask("purchase", "食品及原料进货查验记录和凭证是否完整", "Are purchase checks and vouchers for food and ingredients complete?", "食品安全法 第五十三条、第五十五条"),
            _ask("expired", "库存中是否没有超过保质期或标签不合规的食品", "Is the stock free of expired or wrongly labelled food?", "食品安全法 第三十四条、第五十四条"),
            _measure("cold_store", "冷藏设备实测温度", "Measured temperature of the refrigerator", "℃", 0, 8, "食品安全法 第五十六条"),
            _ask("separation", "生熟食品、工具、容器是否分开存放和使用", "Are raw and cooked food, tools and containers kept apart?", "食品安全法 第三十三条"),
            _ask("disinfect", "餐具、饮具是否洗净消毒并保洁存放", "Are dishes washed, disinfected and stored clean?", "食品安全法 第三十三条、第五十六条"),
            _ask("manager", "是否配备食品安全管理人员并开展自查", "Is there a food-safety manager, and are self-checks carried out?", "食品安全法 第四十四条、第四十七条", photo=False),
            _note(),
        ),
        _item(
            "SC02", "scjg", "药品零售使用监督检查", "Retail pharmacies", "key",
            "《中华人民共和国药品管理法》第九十九条", "onsite", "drug",
            _ask("licence", "药品经营许可证是否有效并公示", "Is the drug business licence valid and displayed?", "药品管理法 第五十一条"),
            _ask("pharmacist", "营业期间执业药师或药学技术人员是否在岗", "Is a licensed pharmacist or pharmacy technician on duty?", "药品管理法 第五十二条"),
            _ask("prescription", "处方药是否凭处方销售并与非处方药分区陈列", "Are prescription drugs sold on prescription and shelved apart from OTC drugs?", "药品管理法 第五十四条、第五十八条"),
            _ask("purchase", "购进验收记录是否真实完整、可追溯", "Are purchase and acceptance records complete and traceable?", "药品管理法 第五十六条、第五十七条"),
            _measure("humidity", "阴凉区实测相对湿度", "Measured relative humidity of the cool area", "%RH", 35, 75, "药品经营质量管理规范"),
            _measure("temperature", "阴凉区实测温度", "Measured temperature of the cool area", "℃", 0, 20, "药品经营质量管理规范"),
            _ask("expired", "是否没有超过有效期的药品在架", "Are the shelves free of expired drugs?", "药品管理法 第九十八条"),
            _note(),
        ),
        _item(
            "SC03", "scjg", "特种设备使用单位监督检查", "Users of special equipment", "key",
            "《中华人民共和国特种设备安全法》第五十七条", "onsite", "equipment",
            _choose("equipment", "抽查的设备种类", "Kind of equipment checked", "特种设备安全法 第二条", ("elevator", "电梯", "Elevator"), ("boiler", "锅炉", "Boiler"), ("vessel", "压力容器", "Pressure vessel"), ("forklift", "场（厂）内专用机动车辆", "Works vehicle"), ("crane", "起重机械", "Crane")),
            _ask("registered", "设备是否办理使用登记，登记标志是否置于显著位置", "Is the equipment registered and the mark displayed?", "特种设备安全法 第三十三条"),
            _ask("inspected", "设备是否在定期检验有效期内", "Is the periodic inspection still valid?", "特种设备安全法 第四十条"),
            _ask("operators", "安全管理人员、作业人员是否持证上岗", "Do safety managers and operators hold certificates?", "特种设备安全法 第十四条", photo=False),
            _ask("files", "是否建立安全技术档案", "Is there a safety and technical file?", "特种设备安全法 第三十五条"),
            _ask("maintenance", "维护保养和自行检查记录是否齐全", "Are maintenance and self-inspection records complete?", "特种设备安全法 第三十九条"),
            _ask("notices", "电梯安全注意事项和警示标志是否置于易于注意的位置", "Are the elevator's safety notices easy to see?", "特种设备安全法 第四十三条") | {"show_if": {"q": "equipment", "is": "elevator"}},
            _note(),
        ),
        _item(
            "SC04", "scjg", "登记事项与公示信息检查", "Registered particulars and published information", "general",
            "《企业信息公示暂行条例》", "onsite", None,
            _ask("address", "通过登记的住所（经营场所）能否取得联系", "Can the enterprise be reached at its registered address?", "企业信息公示暂行条例"),
            _ask("licence", "营业执照是否置于住所或经营场所醒目位置", "Is the business licence displayed?", "市场主体登记管理条例 第三十六条"),
            _ask("annual_report", "是否按期报送并公示上一年度年度报告", "Was last year's annual report filed and published in time?", "企业信息公示暂行条例 第八条", photo=False),
            _ask("report_true", "年度报告公示内容是否与检查情况一致", "Does the published report agree with what was found?", "企业信息公示暂行条例 第九条", photo=False),
            _ask("instant", "即时信息是否自形成之日起 20 个工作日内公示", "Was other information published within 20 working days?", "企业信息公示暂行条例 第十条", photo=False),
            _measure("staff", "实际从业人数", "Number of staff found", "人", 0, 100000, "企业信息公示暂行条例 第九条"),
            _note(),
        ),
    ]


def _fire() -> list[dict[str, Any]]:
    return [
        _item(
            "XF01", "xfjy", "公众聚集场所消防监督检查", "Fire safety of places where the public gathers", "key",
            "《中华人民共和国消防法》第五十三条", "onsite", "fire",
            _ask("opening", "投入使用、营业前是否依法通过消防安全检查", "Was the fire-safety check passed before opening?", "消防法 第十五条", photo=False),
            _ask("exits", "疏散通道、安全出口是否畅通，无占用、堵塞、封闭", "Are escape routes and exits free?", "消防法 第二十八条"),
            _measure("exit_width", "最窄疏散出口净宽度实测值", "Measured clear width of the narrowest exit", "m", 1.4, 20, "消防法 第二十八条"),
            _ask("signs", "疏散指示标志和应急照明是否完好", "Do exit signs and emergency lights work?", "消防法 第十六条"),
            _ask("extinguishers", "灭火器、消火栓是否配置齐全、完好有效", "Are extinguishers and hydrants present and in order?", "消防法 第十六条"),
            _ask("windows", "外窗是否未设置影响逃生和灭火救援的障碍物", "Are windows free of bars that hinder escape and rescue?", "消防法 第二十八条"),
            _ask("yearly_test", "建筑消防设施是否每年至少全面检测一次", "Are the fire installations tested at least once a year?", "消防法 第十六条", photo=False),
            _ask("drill", "是否组织消防安全培训和有针对性的消防演练", "Are staff trained and drills held?", "消防法 第十六条", photo=False),
            _note(),
        ),
        _item(
            "XF02", "xfjy", "单位履行消防安全职责抽查", "Fire-safety duties of other premises", "general",
            "《中华人民共和国消防法》第五十三条", "onsite", "fire",
            _ask("system", "是否落实消防安全责任制并制定制度、预案", "Are responsibilities, rules and an emergency plan in place?", "消防法 第十六条", photo=False),
            _ask("exits", "疏散通道、安全出口、消防车通道是否畅通", "Are escape routes, exits and fire lanes free?", "消防法 第二十八条"),
            _ask("extinguishers", "消防器材是否配置到位、完好有效", "Is fire equipment present and in order?", "消防法 第十六条"),
            _ask("dwelling", "生产、储存、经营易燃易爆物品的场所是否未与居住场所设在同一建筑物内", "Are premises with flammable goods kept apart from dwellings?", "消防法 第十九条"),
            _ask("hot_work", "动火作业是否办理审批并落实现场监护", "Is hot work approved and watched?", "消防法 第二十一条"),
            _ask("electrics", "电器产品、燃气用具及线路管路敷设是否符合要求", "Do electrics, gas appliances and their lines comply?", "消防法 第二十七条"),
            _note(),
        ),
    ]


def _environment() -> list[dict[str, Any]]:
    return [
        _item(
            "ST01", "sthj", "危险废物规范化环境管理检查", "Management of hazardous waste", "key",
            "《中华人民共和国固体废物污染环境防治法》第二十六条", "onsite", "hazwaste",
            _ask("labels", "容器、包装物和贮存设施是否设置危险废物识别标志", "Do containers and stores carry the hazardous-waste signs?", "固体废物污染环境防治法 第七十七条"),
            _ask("plan", "是否制定危险废物管理计划并备案", "Is there a filed management plan?", "固体废物污染环境防治法 第七十八条", photo=False),
            _ask("ledger", "危险废物管理台账是否如实记录", "Does the waste ledger tell the truth?", "固体废物污染环境防治法 第七十八条"),
            _measure("stock", "现场危险废物贮存量", "Hazardous waste in store", "t", 0, 100000, "固体废物污染环境防治法 第七十九条"),
            _ask("handover", "是否交由持许可证的单位收集、利用、处置", "Is the waste handed only to licensed firms?", "固体废物污染环境防治法 第八十条", photo=False),
            _ask("manifest", "转移危险废物是否执行转移联单", "Are transfer manifests used?", "固体废物污染环境防治法 第八十二条"),
            _ask("emergency", "是否制定意外事故防范措施和应急预案", "Is there an emergency plan?", "固体废物污染环境防治法 第八十五条", photo=False),
            _note(),
        ),
        _item(
            "ST02", "sthj", "排污许可证执行情况检查", "Compliance with the discharge permit", "general",
            "《排污许可管理条例》", "onsite", "environment",
            _choose("permit", "排污许可管理类别", "Permit class", "排污许可管理条例", ("key", "重点管理", "Key management"), ("simple", "简化管理", "Simplified management"), ("registered", "登记管理", "Registration only"), ("none", "未办理", "None")),
            _ask("outlets", "排放口位置、数量和标志牌是否与许可证一致", "Do outlets and their signs match the permit?", "水污染防治法 第二十二条"),
            _ask("facilities", "污染防治设施是否正常运行", "Are the treatment facilities running?", "水污染防治法 第三十九条；大气污染防治法 第二十条"),
            _ask("monitoring", "是否按规定开展自行监测并保存原始记录", "Is self-monitoring done and are raw records kept?", "水污染防治法 第二十三条；大气污染防治法 第二十四条"),
            _ask("ledger", "环境管理台账是否完整，保存期限不少于 5 年", "Is the ledger complete and kept for five years?", "排污许可管理条例 第二十一条"),
            _ask("report", "是否按期提交排污许可证执行报告", "Are compliance reports filed in time?", "排污许可管理条例 第二十二条", photo=False),
            _measure("ph", "废水排放口现场 pH 值", "pH at the waste-water outlet", "pH", 6, 9, "水污染防治法"),
            _note(),
        ),
        _item(
            "ST03", "sthj", "餐饮油烟污染防治检查", "Cooking fumes", "general",
            "《中华人民共和国大气污染防治法》第二十九条", "onsite", "environment",
            _ask("purifier", "是否安装油烟净化设施并保持正常使用", "Is a fume purifier installed and in use?", "大气污染防治法 第八十一条"),
            _ask("cleaning", "净化设施清洗维护记录是否齐全", "Are cleaning and maintenance records complete?", "大气污染防治法 第八十一条"),
            _ask("site", "是否未在法律禁止的住宅楼、商住综合楼等场所经营产生油烟的项目", "Is the kitchen outside the buildings where the law forbids one?", "大气污染防治法 第八十一条", photo=False),
            _choose("outlet", "油烟排放口朝向", "Direction of the fume outlet", "大气污染防治法 第八十一条", ("roof", "屋顶高空排放", "Above the roof"), ("street", "临街", "To the street"), ("homes", "朝向居民住宅", "Towards homes")),
            _measure("distance", "排放口距最近住宅的距离", "Distance from the outlet to the nearest home", "m", 0, 1000, "大气污染防治法 第八十一条"),
            _note(),
        ),
    ]


def outcome_codes() -> list[dict[str, Any]]:
    """The tree of outcomes in display order: code, parent, zh, en, position, valid_from, valid_to."""
    tree = (
        ("1", None, "未发现问题", "No problem found"),
        ("E", None, "发现问题经责令已改正", "Problem found, corrected on order"),
        ("A", None, "发现问题待后续处理", "Problem found, to be dealt with"),
        ("B", "A", "未按规定公示应当公示的信息", "Did not publish what it must"),
        ("C", "A", "公示信息隐瞒真实情况、弄虚作假", "Published false information"),
        ("6", "A", "通过登记的住所（经营场所）无法联系", "Not reachable at its registered address"),
        ("D", "A", "其他问题", "Other problems"),
        ("F", None, "未发现开展本次抽查涉及的经营活动", "The business concerned is not carried out"),
        ("7", None, "已关闭停业或正在组织清算", "Closed or in liquidation"),
        ("8", None, "不配合检查情节严重", "Refuses to cooperate, serious"),
        ("9", None, "注销", "Deregistered"),
        ("10", None, "被吊销", "Revoked"),
        ("11", None, "被撤销", "Withdrawn"),
        ("12", None, "迁出", "Moved out"),
    )
    return [
        {"code": code, "parent": parent, "zh": zh, "en": en, "position": n, "valid_from": VALID_FROM, "valid_to": None}
        for n, (code, parent, zh, en) in enumerate(tree)
    ]
