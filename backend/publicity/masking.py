"""脱敏 Names of persons in files that leave in bulk. Pure.

One result is published with the full name of the enterprise, as 企业信息公示暂行条例 asks. A file of all of them is another thing: the trade
name of an individual business 个体工商户 is often the name of its keeper, and a natural person's name in bulk is personal information
(个人信息保护法 4, 28). So in open data a person's name keeps its surname, and each other character becomes ○: 张三 -> 张○, 欧阳明 -> 欧阳○.
Masked is, of an individual business only: the name as a whole where it is a person's; its keeper's name wherever the trade name holds it.
Names of companies, co-operatives and institutions are theirs and stay. Proven by tests/rules/test_masking.py.
"""

from __future__ import annotations

from typing import Final

INDIVIDUAL: Final = "individual"
MARK: Final = "○"
_DOUBLE: Final = frozenset(
    (
        "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "轩辕",
        "端木", "百里", "东郭", "南宫", "呼延", "宇文", "长孙", "第五", "澹台", "赫连", "闻人", "万俟",
    )
)  # fmt: skip
_SINGLE: Final = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤"
    "滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松"
    "井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双"
    "闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东"
    "欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖付代岳晋闫涂佟"
)
# What trade names of two to four characters end in: no person is called so.
_TRADE: Final = frozenset("店馆铺行坊厅吧部社屋园阁轩楼厂堂号城吧场站室家居庄记")


def mask_person(name: str) -> str:
    """张三丰 -> 张○○. A name of one character is a mark."""
    name = name.strip()
    kept = 2 if name[:2] in _DOUBLE and len(name) > 2 else 1
    if len(name) <= kept:
        return MARK
    return name[:kept] + MARK * (len(name) - kept)


def is_persons_name(name: str) -> bool:
    """Whether a trade name may be nothing but a person's: two to four characters that begin with a surname and do not end as trades do."""
    if not 2 <= len(name) <= 4 or any(not "\u4e00" <= c <= "\u9fff" for c in name):
        return False
    return name[:2] in _DOUBLE or (name[0] in _SINGLE and len(name) <= 3 and name[-1] not in _TRADE)


def is_individual(kind: str, code: str) -> bool:
    """An individual business by the register's word, or by its code (GB 32100: 92), where the register has it no more."""
    return kind == INDIVIDUAL or (not kind and code.startswith("92"))


def open_name(name: str, *, kind: str, code: str, keeper: str) -> str:
    """The name as open data has it. ``kind``, ``keeper``: what the register says of the enterprise, empty where it is not in it."""
    if not is_individual(kind, code):
        return name
    if is_persons_name(name):
        return mask_person(name)
    keeper = keeper.strip()
    return name.replace(keeper, mask_person(keeper)) if len(keeper) >= 2 else name
