"""The planned rounds of the demo county: what its yearly plans say and its campaigns are made of. ``day``: the round's first day."""

from __future__ import annotations

from datetime import date, timedelta

from backend.inspections.rules import Plan

CATERING = ("530302", "530303", "530304", "530322", "530323", "530324", "530325", "530326", "530381", "5303K1")
STATIONS = ("530302", "530303", "530381")


def pharmacies(day: date) -> Plan:
    return Plan(
        name=f"{day.year}年第三季度药品零售企业双随机抽查",
        items=("SC02", "SC04"),
        department="scjg",
        partners=(),
        counties=("530302", "530303", "530304", "530381"),
        industries=("5251",),
        rate_mode="fixed",
        rates={"n": 10},
        officers_per_visit=2,
        due_on=day + timedelta(days=30),
        yearly_cap=2,
    )


def catering(day: date) -> Plan:
    return Plan(
        name=f"{day.year}年餐饮服务食品安全双随机抽查",
        items=("SC01",),
        department="scjg",
        partners=(),
        counties=CATERING,
        industries=("6210", "6220"),
        rate_mode="rate",
        rates={"-": (4, 100)},
        officers_per_visit=2,
        due_on=day + timedelta(days=36),
        yearly_cap=2,
    )


def registered(day: date) -> Plan:
    """By credit-risk class."""
    return Plan(
        name=f"{day.year}年企业登记事项与公示信息抽查",
        items=("SC04",),
        department="scjg",
        partners=(),
        counties=CATERING,
        industries=(),
        rate_mode="classes",
        rates={"A": (2, 100), "B": (10, 100), "C": (30, 100), "D": (80, 100)},
        officers_per_visit=2,
        due_on=day + timedelta(days=40),
        yearly_cap=2,
    )


def dispensers(day: date) -> Plan:
    """By credit-risk class, over the trade of the finished round: outside the yearly plan, announced and not yet drawn."""
    return Plan(
        name=f"{day.year}年药品经营企业信用风险分类差异化抽查",
        items=("SC02",),
        department="scjg",
        partners=(),
        counties=("530302", "530303", "530304", "530381"),
        industries=("5251",),
        rate_mode="classes",
        rates={"A": (3, 100), "B": (15, 100), "C": (40, 100), "D": (90, 100)},
        officers_per_visit=2,
        due_on=day + timedelta(days=50),
        yearly_cap=2,
    )


def equipment(day: date) -> Plan:
    return Plan(
        name=f"{day.year}年特种设备使用单位专项抽查",
        items=("SC03",),
        department="scjg",
        partners=(),
        counties=("530302", "530303", "530325"),
        industries=(),
        rate_mode="fixed",
        rates={"n": 12},
        officers_per_visit=2,
        due_on=day + timedelta(days=45),
        yearly_cap=2,
    )


def summer_stations(day: date) -> Plan:
    return _stations(f"{day.year}年夏季加油站跨部门联合抽查", 7, 2, day + timedelta(days=45))


def winter_stations(day: date) -> Plan:
    return _stations(f"{day.year}年冬季加油站跨部门联合抽查", 15, 3, day + timedelta(days=60))


def _stations(name: str, n: int, officers: int, due_on: date) -> Plan:
    return Plan(
        name=name,
        items=("SC04", "XF02"),
        department="scjg",
        partners=("xfjy",),
        counties=STATIONS,
        industries=("5265",),
        rate_mode="fixed",
        rates={"n": n},
        officers_per_visit=officers,
        due_on=due_on,
        yearly_cap=2,
    )
