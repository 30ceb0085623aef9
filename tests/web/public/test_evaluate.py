"""The evaluation's page: without a script, in both languages, one a browser, and nothing typed is lost."""

from __future__ import annotations

import re

from tests.usecases.test_evaluate import FORM, fresh_visit


def fields(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


async def test_from_the_door_to_the_thanks(county):
    token, inspection, _department = await fresh_visit()
    browser = await county("")
    page = await browser.get(f"/e/{token}/evaluate")
    assert page.status_code == 200
    assert "<script" not in page.text.partition("<main")[2]
    assert str(inspection) in page.text
    cookie = next(c for c in page.headers.get_list("set-cookie") if c.startswith("evaluated="))
    assert "HttpOnly" in cookie and "Path=/e" in cookie
    given = {**fields(page.text), **FORM, "visit": str(inspection)}
    missed = await browser.post(f"/e/{token}/evaluate", data={k: v for k, v in given.items() if k != "overall"})
    assert missed.status_code == 422
    assert "对这次检查的总体评价" in missed.text
    assert "很专业" in missed.text, "what was typed stays"
    assert "？：" not in missed.text, "a question is not followed by a colon"
    assert fields(missed.text)["id"] == given["id"]
    thanks = await browser.post(f"/e/{token}/evaluate", data=given)
    assert thanks.status_code == 200
    assert "已收到您的评价" in thanks.text
    commitment = re.search(r"[0-9a-f]{64}", thanks.text)
    assert commitment
    assert commitment[0] in (await browser.post(f"/e/{token}/evaluate", data=given)).text, "a second click gives the same"
    fresh = fields((await browser.get(f"/e/{token}/evaluate")).text)
    again = await browser.post(f"/e/{token}/evaluate?lang=en", data={**given, **fresh})
    assert again.status_code == 409
    assert "You have evaluated this visit already" in again.text


async def test_in_english_and_without_a_visit(county):
    token, _inspection, _department = await fresh_visit()
    browser = await county("")
    text = (await browser.get(f"/e/{token}/evaluate?lang=en")).text
    for words in ("Did the officers show their certificates?", "anonymous towards the inspecting department", "Very good"):
        assert words in text
    assert (await browser.get("/e/nosuchtoken/evaluate")).status_code == 404


async def test_a_visit_to_come_is_not_learnt_from_the_form(county):
    browser, officer = await county(""), await county("inspector")
    visit = next(i for i in (await officer.get("/field/api/bundle")).json()["inspections"] if i["state"] == "dispatched")
    token = visit["enterprise"]["qr_token"]
    before = await browser.get(f"/e/{token}/evaluate?lang=zh")
    assert "现在没有可以评价的检查" in before.text
    await officer.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "qr", "t_dev": 1})
    assert visit["id"] in (await browser.get(f"/e/{token}/evaluate")).text
