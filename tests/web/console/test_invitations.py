"""The lead invites on the campaign's page, the partner finds it on its desk and answers, the oversight office decides on what lapsed."""

from __future__ import annotations

import re

from tests.web.console.test_campaigns import SOURCE, planned

JOINT = {"items": ["SC04"], "partners": ["xfjy"], "officers_per_visit": "3", "name": "冬季联合抽查"}
YES = {"verdict": "yes", "officers": "2", "counties": ["530302"], "items": ["XF01", "XF02"], "text": "按时派员"}


def version_in(text: str) -> str:
    return re.search(r'name="version" value="(\d+)"', text)[1]


async def invited(county):
    """(lead's browser, campaign's page, partner's browser, invitation's page)."""
    lead, partner = await county("manager"), await county("manager2")
    page = (await planned(lead, **JOINT)).headers["location"]
    text = (await lead.get(page)).text
    assert "尚未邀请" in text
    assert f'action="{page}/announce"' not in text, "not before the partner has said yes"
    assert (await lead.post(f"{page}/announce", data=SOURCE)).status_code == 409
    answer = await lead.post(f"{page}/invitations", data={"departments": ["xfjy"], "message": "请派两名同志"})
    assert answer.status_code == 303, answer.text
    desk = (await partner.get("/console")).text
    href = re.search(r'href="(/console/invitations/[0-9a-f-]{36})"><span class="lamp warn"[^>]*></span><span>[^<]*冬季联合抽查', desk)
    assert href, desk
    return lead, page, partner, href[1]


async def test_invited_answered_and_announced(county):
    lead, page, partner, invitation = await invited(county)
    listed = (await partner.get("/console/invitations")).text
    assert "冬季联合抽查" in listed
    assert "答复联合邀请" in listed
    form = (await partner.get(invitation)).text
    assert "请派两名同志" in form
    wrong = await partner.post(f"{invitation}/answer", data=YES | {"officers": "77", "version": version_in(form)})
    assert wrong.status_code == 422
    assert 'value="77"' in wrong.text
    assert "按时派员" in wrong.text
    assert "可派人员：" in wrong.text.partition('role="alert"')[2][:200]
    assert (await partner.post(f"{invitation}/answer", data=YES | {"version": version_in(form)})).status_code == 303
    text = (await lead.get(page)).text
    assert "同意参加" in text
    assert "公众聚集场所消防监督检查" in text
    assert f'action="{page}/announce"' in text
    assert (await lead.post(f"{page}/announce", data=SOURCE)).status_code == 303
    assert (await partner.get("/console/invitations?show=closed")).text.count("冬季联合抽查") == 1


async def test_no_needs_its_reason_and_a_second_answer_sees_the_first(county):
    lead, page, partner, invitation = await invited(county)
    version = version_in((await partner.get(invitation)).text)
    bare = await partner.post(f"{invitation}/answer", data={"verdict": "no", "text": "", "version": version})
    assert bare.status_code == 422
    assert (await partner.post(f"{invitation}/answer", data={"verdict": "no", "text": "人员全部外派", "version": version})).status_code == 303
    late = await partner.post(f"{invitation}/answer", data=YES | {"text": "其实可以派员", "version": version})
    assert late.status_code == 409
    assert "人员全部外派" in late.text
    assert "其实可以派员" in late.text
    text = (await lead.get(page)).text
    assert "人员全部外派" in text
    out = {"department": "xfjy", "to": "sthj", "reason": "", "version": version_in(text)}
    refused = await lead.post(f"{page}/partners", data=out)
    assert refused.status_code == 422
    assert (await lead.post(f"{page}/partners", data=out | {"reason": "消防无法派员"})).status_code == 303
    text = (await lead.get(page)).text
    assert "生态环境局" in text.partition('id="partners"')[2]
    stale = await lead.post(f"{page}/partners", data={"department": "sthj", "to": "", "reason": "另行安排", "version": "1"})
    assert stale.status_code == 409
    assert 'value="另行安排"' in stale.text
    gone = (await partner.get(invitation)).text
    assert "消防无法派员" in gone
    assert f'action="{invitation}/answer"' not in gone


async def test_the_oversight_office_sees_what_lapsed_and_decides(county):
    auditor, lead = await county("auditor"), await county("manager")
    desk = (await auditor.get("/console")).text
    href = re.search(r'href="(/console/invitations/[0-9a-f-]{36})"><span class="lamp bad"[^>]*></span><span>[^<]*未按期答复', desk)[1]
    text = (await auditor.get(href)).text
    assert "逾期未答复" in text
    campaign = re.search(r'href="(/console/campaigns/[0-9a-f-]{36})"', text)[1]
    assert (await lead.post(f"{href}/override", data={"ground": "自行决定", "version": version_in(text)})).status_code == 403
    refused = await auditor.post(f"{href}/override", data={"ground": "", "version": version_in(text)})
    assert refused.status_code == 422
    assert (await auditor.post(f"{href}/override", data={"ground": "逾期未复，不再等待", "version": version_in(text)})).status_code == 303
    assert "逾期未复，不再等待" in (await lead.get(campaign)).text
    assert f'action="{campaign}/announce"' in (await lead.get(campaign)).text


async def test_the_demo_shows_every_state_in_both_languages(county):
    manager = await county("manager")
    open_ones, done = (await manager.get("/console/invitations")).text, (await manager.get("/console/invitations?show=closed")).text
    assert "今天到期" in open_ones
    assert "逾期未答复" in open_ones
    assert "同意参加" in done
    assert "不参加" in done
    manager.cookies.set("lang", "en")
    english = (await manager.get("/console/invitations")).text
    assert "Joint invitations" in english
    assert "Not answered in time" in english


async def test_others_find_nothing(county):
    _lead, _page, _partner, invitation = await invited(county)
    third = await county("manager3")
    assert (await third.get(invitation)).status_code == 404
    assert (await third.post(f"{invitation}/answer", data=YES | {"version": "1"})).status_code == 404
    assert "冬季联合抽查" not in (await third.get("/console/invitations")).text
