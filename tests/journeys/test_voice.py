"""A citizen without JavaScript reports a shop with two photos; the office goes there; the citizen reads the answer by the code. And axe."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from backend.kernel import clock
from tests.journeys import field_walk
from tests.journeys.conftest import System
from tests.journeys.office import NARROW, PATIENCE, SIDEWAYS, browser, open_desk

pytestmark = pytest.mark.browser
WORDS = "冷柜里的牛奶过期三天还在卖，店员说没空换，旁边还有十几盒。"
ANSWER = "已派两名执法人员现场核查，过期牛奶已下架并立案。"


def citizen(b: Browser, system: System) -> Page:
    page = b.new_context(viewport=NARROW, java_script_enabled=False, locale="zh-CN").new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE)
    return page


def a_shop(system: System) -> tuple[str, ...]:
    """(code, token) of an active enterprise that nobody visits."""
    [shop] = system.sql(
        "select code, qr_token from enterprise e where status = 'active' and region = '530302'"
        " and not exists (select from inspection i where i.enterprise = e.id) order by code desc limit 1"
    )
    return tuple(shop)


def test_from_the_report_to_the_answer(system: System, tmp_path: Path) -> None:
    photos = []
    for n, colour in enumerate(("firebrick", "navy")):
        Image.new("RGB", (1600, 1200), colour).save(tmp_path / f"{n}.jpg", exif=Image.Exif())
        photos.append(str(tmp_path / f"{n}.jpg"))
    code, _token = a_shop(system)
    with browser() as b:
        manager = open_desk(b, system, "manager")

        page = citizen(b, system)
        page.goto(system.url)
        page.locator("#site").get_by_role("link", name="投诉举报").click()
        page.get_by_label("反映的问题").select_option("food")
        page.get_by_label("企业名称、招牌或统一社会信用代码").fill(code)
        page.get_by_label("具体地点").fill("一楼冷柜")
        page.get_by_label("事情经过").fill(WORDS)
        page.get_by_label("照片").set_input_files(photos)
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("已收到")
        secret = page.locator("#code").inner_text()
        number = page.locator(".verdict b").inner_text()
        assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){3}", secret)

        manager.goto(f"{system.url}/console")
        manager.get_by_role("link", name="件投诉举报等待受理").click()
        manager.locator("tr", has_text=number).get_by_role("link").first.click()
        expect(manager.locator("#text")).to_have_text(WORDS)
        expect(manager.locator(".photos img")).to_have_count(2)
        for n in range(2):
            # The very pixels: an address that answers with something else would not be seen otherwise.
            assert manager.locator(".photos img").nth(n).evaluate("async (i) => { await i.decode(); return i.naturalWidth; }") == 1600
        manager.get_by_label("受理意见").fill("属于本局职责，予以受理。")
        manager.get_by_role("button", name="受理", exact=True).click()
        manager.get_by_role("link", name="立项核查").click()
        expect(manager.get_by_label("投诉举报或移送文书编号")).to_have_value(number)
        manager.get_by_label("完成期限").fill((clock.today() + timedelta(days=10)).isoformat())
        manager.locator("input[name=items]").first.check()
        officers = manager.locator("input[name=officers]")
        officers.nth(0).check()
        officers.nth(1).check()
        manager.get_by_role("button", name="立项并派发").click()
        manager.wait_for_url(re.compile(r"/console/campaigns/[0-9a-f-]{36}"))
        manager.goto(f"{system.url}/console/tips?state=accepted")
        manager.locator("tr", has_text=number).get_by_role("link").first.click()
        expect(manager.get_by_role("heading", name="由此开展的检查")).to_be_visible()
        manager.get_by_label("答复内容").fill(ANSWER)
        manager.get_by_role("button", name="答复并办结").click()
        expect(manager.get_by_text("已办结")).to_be_visible()

        page.goto(f"{system.url}/complain/track")
        page.get_by_label("查询码").fill(secret.lower())
        page.get_by_role("button", name="查看进展").click()
        expect(page.get_by_text(ANSWER)).to_be_visible()
        expect(page.get_by_text("已办结")).to_be_visible()


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark"), ("zh", "dark"), ("en", "light")])
def test_the_public_pages_are_for_everybody(system: System, language: str, scheme: Any) -> None:
    """axe-core whatever the weight, and no page wider than a phone."""
    found: list[str] = []
    _code, token = a_shop(system)
    [(visited,)] = system.sql(
        "select e.qr_token from enterprise e join inspection i on i.enterprise = e.id where i.state = 'submitted' order by i.completed_on desc limit 1"
    )
    with browser() as b:
        page = b.new_context(viewport=NARROW, color_scheme=scheme, locale="zh-CN").new_page()  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE)

        def judge() -> None:
            found.extend(f"{page.url}: {line}" for line in field_walk.axe(page) + (["scrolls sideways"] if page.evaluate(SIDEWAYS) else []))

        for path in ("/complain", "/complain/track", f"/e/{token}/complain", f"/e/{token}/evaluate", f"/e/{visited}/evaluate"):
            page.goto(f"{system.url}{path}?lang={language}")
            judge()
        page.goto(f"{system.url}/complain?lang={language}")
        page.locator("#category").select_option("consumer")
        page.locator("#text").fill("买的电热水壶漏电，商家不肯退货。")
        page.locator("form#complain button.primary").click()
        expect(page.locator("#error")).to_be_visible()
        judge()
        page.locator("#category").select_option("bribe")
        page.locator("#accused").fill("某检查员")
        page.locator("#county").select_option("530302")
        page.locator("form#complain button.primary").click()
        expect(page.locator("#code")).to_be_visible()
        judge()
        page.locator("form button.primary").click()
        page.locator("#text").wait_for()
        judge()
    assert found == []
