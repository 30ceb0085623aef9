"""Every tag that a page of the office opens is closed by its own name: a browser mends what is not, and moves half the page doing so."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from backend.kernel import clock

EMPTY = {"meta", "link", "input", "br", "img", "hr", "source"}
# What HTML lets stay open at its end.
LEFT_OPEN = {"p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in EMPTY:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1][0] != tag and self.open[-1][0] in LEFT_OPEN:
            self.open.pop()
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        else:
            self.wrong.append(f"line {self.getpos()[0]}: </{tag}>, open is {self.open[-1:]}")


def unbalanced(page: str) -> list[str]:
    tags = Tags()
    tags.feed(page)
    return tags.wrong + [f"<{tag}> of line {line} stays open" for tag, line in tags.open]


def test_the_look_sees_what_it_should():
    assert unbalanced("<div><p>a<p>b</div>") == []
    assert unbalanced("<header><div></div></div><main></main>") != []
    assert unbalanced("<div><section></div>") != []


async def test_pages_close_what_they_open(county):
    manager = await county("manager")
    year = clock.today().year
    plan = re.search(r'<h2><a href="(/console/plans/[^"]+)"', (await manager.get(f"/console/plans?year={year}")).text)[1]
    office = ("/console", "/console/campaigns", "/console/campaigns/new", "/console/inspections", "/console/plans", "/console/plans/new")
    found = {}
    for path in (*office, plan, f"{plan}/changes", f"/console/plans/calendar?year={year}"):
        answer = await manager.get(path)
        assert answer.status_code == 200
        if wrong := unbalanced(answer.text):
            found[path] = wrong
    assert found == {}
