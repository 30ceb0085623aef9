"""How to look at each question of the demo's checklists, and ready phrases for what is found. An office replaces both by its own.

Practical hints, not law: the article stands in the question's ``law``. Per item and question: (Chinese, English, phrases), each
phrase (Chinese, English). Proving test: ``tests/rules/test_demo_county.py``.
"""

# fmt: off
# ruff: noqa: E501 - one question per line reads better than the same question on three
from __future__ import annotations

from typing import Any, Final

Phrases = tuple[tuple[str, str], ...]

HINTS: Final[dict[str, dict[str, tuple[str, str, Phrases]]]] = {
    "SC01": {
        "licence": ("看原件：名称、地址、经营项目与现场是否一致，是否在有效期内。", "See the original: do name, address and scope fit the place, and is it in date?", (("现场未能出示食品经营许可证。", "No food business licence could be shown."), ("许可证未在显著位置公示。", "The licence was not displayed."), ("许可证已过有效期。", "The licence has expired."))),
        "health": ("抽查后厨和传菜人员 2 至 3 人，核对姓名、照片和有效期。", "Check two or three kitchen staff: name, picture, date.", (("抽查人员中有人未持有效健康证明。", "Some of the staff checked had no valid health certificate."), ("健康证明已过期。", "A health certificate had expired."))),
        "purchase": ("随机指两种食材，要求当场拿出供货者资质和进货凭证。", "Point at two ingredients and ask for the supplier's papers and the vouchers.", (("不能提供所抽食材的进货凭证。", "No purchase voucher for the ingredient chosen."), ("进货查验记录不完整。", "The purchase records are incomplete."))),
        "expired": ("看冰箱深处、货架底层和调料区；拍下标签上的日期。", "Look at the back of the fridge, the lowest shelf and the spices; photograph the date on the label.", (("发现超过保质期的食品，已当场封存。", "Expired food was found and set aside."), ("散装食品未标明生产日期。", "Loose food carried no production date."))),
        "cold_store": ("把温度计放在货架中部 3 分钟后读数；不以柜外显示为准。", "Put the thermometer in the middle of a shelf for three minutes; do not rely on the display.", (("实测温度高于要求。", "The measured temperature is above the limit."),)),
        "separation": ("看刀、砧板、容器是否有标识，冰箱内生食是否在熟食上方。", "Are knives, boards and containers marked? Is raw food stored above cooked food?", (("生熟食品混放。", "Raw and cooked food are kept together."), ("刀具、砧板未分开使用。", "Knives and boards are not kept apart."))),
        "disinfect": ("问消毒方法，看消毒记录；摸一摸保洁柜内餐具是否干燥。", "Ask how dishes are disinfected, see the record, feel whether they are dry.", (("餐具未经消毒即使用。", "Dishes are used without disinfection."), ("保洁柜内存放杂物。", "Other things are kept in the dish cabinet."))),
        "manager": ("请管理人员说出最近一次自查的时间和发现的问题。", "Ask the manager when the last self-check was and what it found.", (("未配备食品安全管理人员。", "There is no food-safety manager."), ("没有自查记录。", "There is no record of self-checks."))),
    },
    "SC02": {
        "licence": ("核对许可证的地址、经营范围和有效期。", "Compare address, scope and validity.", (("许可证未公示。", "The licence is not displayed."), ("超出许可的经营范围。", "The business goes beyond its licence."))),
        "pharmacist": ("核对在岗人员与注册证照片；不在岗时看是否挂牌并停售处方药。", "Compare the person with the certificate; if absent, are prescription sales stopped?", (("执业药师不在岗，仍在销售处方药。", "Prescription drugs were sold while no pharmacist was present."),)),
        "prescription": ("抽一种处方药的销售记录，对照处方。", "Take one prescription drug and compare its sales with the prescriptions.", (("处方药未凭处方销售。", "A prescription drug was sold without a prescription."), ("处方药与非处方药混放。", "Prescription and OTC drugs are mixed."))),
        "purchase": ("任取一个批号，查到供货单位。", "Follow one batch number back to its supplier.", (("购进记录不能追溯到供货单位。", "The purchase record does not lead to the supplier."),)),
        "humidity": ("读数前让仪器在阴凉区停留 5 分钟。", "Leave the instrument in the cool area for five minutes first.", (("湿度超出规定范围，未采取措施。", "The humidity is out of range and nothing was done."),)),
        "temperature": ("在货架中部测；同时看当日温湿度记录。", "Measure in the middle of the shelves and see the day's record.", (("温度高于阴凉区要求。", "It is too warm for the cool area."),)),
        "expired": ("重点看效期登记簿上 6 个月内到期的品种。", "Look first at what expires within six months.", (("发现超过有效期的药品，已下架封存。", "Expired drugs were found and taken off the shelf."),)),
    },
    "SC03": {
        "equipment": ("一份检查表查一类设备；另一类另填一份。", "One kind of equipment for each checklist.", ()),
        "registered": ("核对登记标志上的编号与设备铭牌。", "Compare the number of the mark with the plate.", (("未办理使用登记。", "The equipment is not registered."), ("登记标志未置于显著位置。", "The mark is not displayed."))),
        "inspected": ("看检验报告的下次检验日期，不只看标志。", "See the next date in the report, not only the mark.", (("已超过定期检验有效期。", "The periodic inspection has run out."),)),
        "operators": ("核对证件的作业项目与所操作的设备。", "Does the certificate cover this equipment?", (("作业人员未持证上岗。", "An operator holds no certificate."),)),
        "files": ("档案应含出厂资料、检验报告、维保和故障记录。", "The file holds factory papers, reports, maintenance and faults.", (("安全技术档案不齐全。", "The technical file is incomplete."),)),
        "maintenance": ("电梯维保应至少每 15 日一次，看双方签字。", "A lift is serviced at least every 15 days: see both signatures.", (("维护保养记录缺失或未签字。", "Maintenance records are missing or unsigned."),)),
        "notices": ("站在候梯处看：是否看得见、看得清。", "Stand where passengers wait: can it be seen and read?", (("轿厢内未张贴安全注意事项。", "There are no safety notices in the car."),)),
    },
    "SC04": {
        "address": ("到登记地址现场看；无人时拍门牌并电话联系。", "Go to the registered address; if nobody is there, photograph the door and telephone.", (("登记住所查无此企业。", "The enterprise is not at its registered address."), ("电话无法接通。", "The telephone is not answered."))),
        "licence": ("正本应挂在醒目处，也可亮电子营业执照。", "The original hangs in sight; an electronic licence counts, too.", (("营业执照未置于醒目位置。", "The business licence is not in sight."),)),
        "annual_report": ("在公示系统查上一年度年报的报送日期。", "Look up the filing date of last year's report.", (("未按期公示上一年度年度报告。", "Last year's report was not published in time."),)),
        "report_true": ("对照资产、从业人数、出资、网站等项目与账册。", "Compare assets, staff, capital and website with the books.", (("从业人数与年报不符。", "The number of staff differs from the report."), ("出资情况与年报不符。", "The capital differs from the report."))),
        "instant": ("看股东出资、行政许可、行政处罚等信息的形成日期和公示日期。", "Compare when capital, permits and penalties arose and when they were published.", (("未在 20 个工作日内公示即时信息。", "Other information was not published within 20 working days."),)),
        "staff": ("数现场人数，再看工资表或社保名单。", "Count the people, then see the payroll.", ()),
    },
    "XF01": {
        "opening": ("看合格证或告知承诺书，核对场所名称和面积。", "See the certificate: do name and area fit?", (("未经消防安全检查投入使用。", "It opened without the fire-safety check."),)),
        "exits": ("从最远的房间走到室外，每扇门都推一下。", "Walk from the farthest room to the outside and push every door.", (("疏散通道堆放物品。", "An escape route is blocked."), ("安全出口上锁。", "An exit is locked."))),
        "exit_width": ("量门扇全开后的净宽，取最窄处。", "Measure the clear width with the door fully open, at the narrowest point.", (("最窄出口净宽不足。", "The narrowest exit is too narrow."),)),
        "signs": ("按测试键或断电试应急照明；标志箭头应指向出口。", "Press the test button; do the arrows point to an exit?", (("应急照明不亮。", "Emergency lights do not work."), ("疏散指示标志损坏或缺失。", "Exit signs are broken or missing."))),
        "extinguishers": ("看压力表指针、检修日期，打开消火栓箱看水带和水枪。", "See the gauge, the date, and open a hydrant cabinet.", (("灭火器压力不足。", "An extinguisher has lost its pressure."), ("消火栓箱内配件缺失。", "Parts are missing in a hydrant cabinet."))),
        "windows": ("看人员密集房间的外窗，栅栏能否从里面打开。", "Look at the windows of crowded rooms: do bars open from the inside?", (("外窗设置影响逃生的栅栏。", "Windows are barred."),)),
        "yearly_test": ("看检测报告的日期和结论，问题是否已整改。", "See date and verdict of the test report.", (("未提供年度检测报告。", "There is no yearly test report."),)),
        "drill": ("抽问一名员工：最近的灭火器在哪里，从哪里疏散。", "Ask one member of staff: where is the nearest extinguisher, where is the way out?", (("员工不掌握疏散路线。", "Staff do not know the way out."), ("没有演练记录。", "There is no record of drills."))),
    },
    "XF02": {
        "system": ("看责任书是否落实到人，预案是否写明分工。", "Are duties given to named persons?", (("未制定灭火和应急疏散预案。", "There is no emergency plan."),)),
        "exits": ("绕外墙走一圈，看消防车通道。", "Walk around the building and see the fire lane.", (("占用消防车通道。", "The fire lane is occupied."), ("安全出口堵塞。", "An exit is blocked."))),
        "extinguishers": ("按每处不少于两具核对，看有效期。", "At least two at each point; see the date.", (("灭火器过期。", "An extinguisher is out of date."),)),
        "dwelling": ("看有无床铺、灶具；与住宅是否完全分开。", "Are there beds or stoves? Is it wholly apart from dwellings?", (("经营场所内住人。", "People live on the premises."),)),
        "hot_work": ("看最近一次动火审批单和监护人签字。", "See the last permit for hot work and who kept watch.", (("动火作业未办理审批。", "Hot work was done without a permit."),)),
        "electrics": ("看有无私拉电线、插线板串接、线路穿可燃物未套管。", "Look for loose wires, chained sockets, bare lines through wood.", (("私拉乱接电线。", "Wires are laid at random."), ("电动自行车在室内充电。", "An electric bicycle is charged indoors."))),
    },
    "ST01": {
        "labels": ("看标签上的类别代码、日期、危险特性是否填写。", "Are code, date and hazard filled in?", (("容器未设置危险废物识别标志。", "Containers carry no hazardous-waste sign."),)),
        "plan": ("在管理系统查备案状态。", "Look up the filing.", (("未备案管理计划。", "The plan is not filed."),)),
        "ledger": ("任取一天，台账数量与入库单、现场存量对一对。", "Take one day and compare ledger, slips and stock.", (("台账与实际存量不一致。", "The ledger differs from the stock."),)),
        "stock": ("按容器数乘以单重估算，过磅更好；注意贮存不超过一年。", "Containers times weight, or the scales; no longer than a year.", ()),
        "handover": ("看受托单位的许可证是否覆盖该类别。", "Does the firm's licence cover this class?", (("交由无许可证的单位处置。", "Waste was handed to an unlicensed firm."),)),
        "manifest": ("用联单号在系统核对重量。", "Compare the weight by the manifest's number.", (("转移未执行联单。", "Waste was moved without a manifest."),)),
        "emergency": ("看预案备案表和最近一次演练。", "See the filed plan and the last drill.", (("没有应急预案。", "There is no emergency plan."),)),
    },
    "ST02": {
        "permit": ("以许可证副本为准。", "The licence decides.", ()),
        "outlets": ("按副本上的编号逐个找排放口。", "Find each outlet by its number in the permit.", (("存在许可证未载明的排放口。", "There is an outlet that the permit does not name."), ("排放口未设置标志牌。", "An outlet carries no sign."))),
        "facilities": ("看运行电流、药剂用量和在线数据是否对得上。", "Do power, chemicals and online data fit together?", (("污染防治设施未正常运行。", "Treatment facilities are not running."),)),
        "monitoring": ("看监测频次与许可证要求，抽一份原始记录。", "Compare the frequency with the permit; see one raw record.", (("自行监测频次不足。", "Self-monitoring is done too rarely."),)),
        "ledger": ("看上月台账是否按班次填写。", "Is last month's ledger filled in by shift?", (("环境管理台账不完整。", "The ledger is incomplete."),)),
        "report": ("在许可证平台查报告提交日期。", "Look up the filing date.", (("未按期提交执行报告。", "A compliance report is late."),)),
        "ph": ("现场校准后测，连续读三次取中间值。", "Calibrate, read three times, take the middle one.", (("pH 值超出排放限值。", "The pH is beyond the limit."),)),
    },
    "ST03": {
        "purifier": ("开火时看风机和净化器指示灯，手摸排风口有无风。", "While cooking: are fan and purifier on, is there a draught?", (("未安装油烟净化设施。", "There is no fume purifier."), ("净化设施未开启。", "The purifier is switched off."))),
        "cleaning": ("至少每季度一次，看清洗单位的单据。", "At least quarterly: see the cleaner's slips.", (("没有清洗维护记录。", "There are no cleaning records."),)),
        "site": ("看楼上是否为住宅，有无专用烟道。", "Are there homes above? Is there a flue?", (("在未设专用烟道的商住楼内经营。", "It cooks in a mixed building without a flue."),)),
        "outlet": ("走到楼外看排口。", "Look at the outlet from outside.", ()),
        "distance": ("用测距仪量到最近的窗户。", "Measure to the nearest window.", (("排放口距住宅过近。", "The outlet is too close to a home."),)),
    },
}


def with_hints(item: str, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions with ``guidance`` {"zh", "en"} and ``suggestions`` [{"zh", "en"}] where there are any."""
    hints = HINTS.get(item, {})
    found = []
    for question in questions:
        zh, en, phrases = hints.get(question["id"], ("", "", ()))
        more: dict[str, Any] = {"guidance": {"zh": zh, "en": en}} if zh else {}
        if phrases:
            more["suggestions"] = [{"zh": z, "en": e} for z, e in phrases]
        found.append(question | more)
    return found
