"""What the forms behind a door's code show once they were sent: mistakes, answers, the page behind a tracking code, a claim and what it opens.

One way through all of them by ids alone, so that it can be gone in either language, with scripts and without. ``prepare`` first, which asks the
office for what a visit and a letter bring; then ``walk``, which yields the name of each state with the page at rest.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from playwright.sync_api import FilePayload, Page

from backend.people.rules import INSPECTOR, MANAGER
from tests.files.strangers import CORPUS
from tests.journeys.conftest import System
from tests.journeys.office_walk import sign_in

STATES = (
    "door", "recusal", "recusal: no reason", "recusal: asked", "evaluation", "evaluation: thanks", "evaluation: once only", "complaint", "complaint: mistake",
    "complaint: received", "tracking: wrong", "tracking: filled", "tracking: nothing to add", "tracking: added", "officer: wrong", "sign-in: wrong",
    "claim: wrong", "claim: whose", "claim: mistake", "own pages", "result", "objection: mistake", "objection", "invited", "password: weak",
)  # fmt: skip


def _file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": next(s for s in CORPUS if s.name == name).make()}


@dataclass(frozen=True, slots=True)
class Door:
    """``path``: of an enterprise whose visit has just begun. ``result``: of another one, for which ``code`` is a claim code."""

    path: str
    result: str
    code: str


def prepare(system: System, nth: int) -> Door:
    """``nth``: another shop for each walk, since one claims it and objects."""
    with sign_in(system, INSPECTOR) as phone:
        bundle = phone.get("/field/api/bundle").json()
        visit = next(i for i in bundle["inspections"] if i["state"] in ("dispatched", "received", "on_site"))
        headers = {"x-csrf-token": phone.cookies["csrf"]}
        arrived = phone.post(f"/field/api/inspections/{visit['id']}/arrive", json={"how": "qr", "t_dev": round(time.time() * 1000)}, headers=headers)
        assert arrived.status_code == 200, arrived.text
    with sign_in(system, MANAGER) as office:
        free = []
        for result in dict.fromkeys(re.findall(r'href="(/results/GS-[^"?#]+)"', office.get("/results").text)):
            page = office.get(result).text
            code = re.search(r'<dd class="mono">(\w{18})</dd>', page)
            row = office.get(f"/console/claims?q={code[1]}").text if code and "已更正" not in page and "已撤回" not in page else ""
            if enterprise := re.search(r'name="enterprises" value="([0-9a-f-]{36})"', row):
                free.append((result, enterprise[1]))
        result, enterprise_id = free[nth]
        form = {"id": str(uuid4()), "_csrf_token": office.cookies["csrf"]}
        letter = office.post(f"/console/enterprises/{enterprise_id}/claim/code", data=form).text
        found = re.search(r"[0-9A-Z]{6}-[0-9A-Z]{4}-[0-9A-Z]{4}", letter)
        assert found, letter
        return Door(f"/e/{visit['enterprise']['qr_token']}", result, found[0])


class Walk:
    def __init__(self, page: Page, system: System, door: Door, language: str) -> None:
        self.page, self.url, self.door, self.language = page, system.url, door, language
        page.set_default_timeout(60_000)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.fill(f"#{name}", text)

    def send(self, button: str = "main button.primary") -> None:
        with self.page.expect_navigation():
            self.page.locator(button).first.click()

    def __iter__(self) -> Iterator[str]:
        self.go(f"/?lang={self.language}")
        yield from self.at_the_door()
        yield from self.complaint()
        yield from self.claim()
        yield from self.own_pages()

    def at_the_door(self) -> Iterator[str]:
        page = self.page
        self.go(self.door.path)
        yield "door"
        with page.expect_navigation():
            page.locator('a[href$="/recusal"]').click()
        yield "recusal"
        self.fill(officer="张三", reason="   ")
        self.send()
        assert page.input_value("#officer") == "张三", "nothing typed is lost"
        yield "recusal: no reason"
        self.fill(reason="曾有合同纠纷")
        self.send()
        yield "recusal: asked"
        self.go(self.door.path)
        with page.expect_navigation():
            page.locator('a[href$="/evaluate"]').first.click()
        yield "evaluation"
        for again in (False, True):
            for name in ("certificates", "scanned", "gifts", "polite", "clear", "overall"):
                page.locator(f"input[name={name}]").first.check()
            self.fill(text="讲得很清楚")
            self.send()
            yield "evaluation: once only" if again else "evaluation: thanks"
            if not again:
                self.go(f"{self.door.path}/evaluate")

    def complaint(self) -> Iterator[str]:
        page = self.page
        self.go(f"{self.door.path}/complain")
        yield "complaint"
        page.select_option("#category", "food")
        words = "昨天下午看见后厨有老鼠，冰柜里的肉没有标签，希望来查一查。"
        self.fill(text=words)
        page.set_input_files("#photos", [_file("drawing.svg")])
        self.send()
        assert page.input_value("#text") == words, "nothing typed is lost"
        yield "complaint: mistake"
        page.set_input_files("#photos", [_file("with position.jpg")])
        self.send()
        yield "complaint: received"
        self.send()  # to the page behind the code
        filled = page.locator('input[name="code"]').first.input_value()
        self.go("/complain/track")
        self.fill(code="ABCD-EFGH-JKMN-PQRS")
        self.send()
        yield "tracking: wrong"
        self.fill(code=filled)
        self.send()
        yield "tracking: filled"
        self.fill(text="      ")
        self.send('form[action="/complain/track/add"] button')
        yield "tracking: nothing to add"
        self.fill(text="今天又看见了")
        self.send('form[action="/complain/track/add"] button')
        yield "tracking: added"
        self.go("/officers")
        self.fill(name="张三", certificate_no="滇D-000")
        self.send()
        yield "officer: wrong"

    def claim(self) -> Iterator[str]:
        page = self.page
        self.go("/my/login")
        self.fill(code="91530302MA6K000001", phone="13900000001", password="wrong, and long enough")
        self.send()
        yield "sign-in: wrong"
        with page.expect_navigation():
            page.locator('a[href="/my/claim"]').click()
        self.fill(code="ABCDEF-1234-5678")
        self.send()
        yield "claim: wrong"
        self.fill(code=self.door.code.lower().replace("-", " "))
        self.send()
        yield "claim: whose"
        self.fill(person="赵敏", position="店长", phone="12", password="a long enough one")
        self.send()
        assert page.input_value("#person") == "赵敏", "nothing typed is lost"
        yield "claim: mistake"
        self.fill(phone="13900000009", password="a long enough one")
        self.send()
        assert page.url.rstrip("/").endswith("/my"), page.locator("main").inner_text()
        yield "own pages"

    def own_pages(self) -> Iterator[str]:
        page = self.page
        self.go(f"/my{self.door.result}")
        yield "result"
        if not page.locator("#grounds").is_visible():  # an axe's walk has unfolded it
            page.locator("#objection summary").click()
        self.fill(grounds="结果代码与当日情况不符，请核实。")
        page.set_input_files("#objection-files", [_file("letter.pdf"), _file("drawing.svg")])
        self.send("#objection button.primary")
        assert page.input_value("#grounds") == "结果代码与当日情况不符，请核实。", "nothing typed is lost"
        yield "objection: mistake"
        page.set_input_files("#objection-files", [_file("plain.jpg")])
        self.send("#objection button.primary")
        assert page.locator(".my-files li").count() == 2, "the PDF of the first try and the photo of the second"
        yield "objection"
        self.go("/my/people")
        self.send()
        yield "invited"
        self.go("/my/account")
        self.fill(**{"present-password": "a long enough one", "password": "1234567890"})
        self.send('form[action="/my/account/password"] button')
        yield "password: weak"
