"""Every page of the office closes what it opens: a browser that has to guess puts the content where nobody looks for it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
MAY_END = frozenset(["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "option"])  # whose end may be left out


class Nesting(HTMLParser):
    """Raises where an element is closed that is not the one open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while self.open and self.open[-1][0] != tag and self.open[-1][0] in MAY_END:
            self.open.pop()
        assert self.open, f"line {self.getpos()[0]}: </{tag}> closes nothing"
        assert self.open[-1][0] == tag, f"line {self.getpos()[0]}: </{tag}> closes <{self.open[-1][0]}> of line {self.open[-1][1]}"
        self.open.pop()


async def test_every_page_of_the_menus_closes_what_it_opens(county):
    seen: set[str] = set()
    for role in ("admin", "manager", "reviewer", "auditor"):
        browser = await county(role)
        home = (await browser.get("/console")).text
        menu = set(re.findall(r'href="(/console/[a-z/]+)"', home.split("<main")[0])) - seen
        for address in ["/console", *sorted(menu)]:
            page = await browser.get(address)
            seen.add(address)
            if page.status_code == 200 and "text/html" in page.headers["content-type"]:
                reader = Nesting()
                try:
                    reader.feed(page.text)
                    reader.close()
                except AssertionError as e:
                    raise AssertionError(f"{address}: {e}") from e
                assert not reader.open, f"{address}: never closed: {reader.open}"
    assert len(seen) > 12
