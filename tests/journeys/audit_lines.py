"""What `make audit` notes of each screen or page, how Lighthouse is asked, and the report that comes of it."""

from __future__ import annotations

import html
import json
import subprocess
from dataclasses import dataclass, field

from tests.journeys.conftest import REPO

OUT = REPO / "build/audit"
TOOLS = REPO / "pwa/audit"
SCHEMES = ("light", "dark")
SCORES = ("accessibility", "best-practices", "performance")
FIELD = dict.fromkeys(SCORES, 95)
# A page of the office asks the database and comes with its tables; a phone's screen is already there.
OFFICE = FIELD | {"performance": 90}


@dataclass
class Line:
    """One screen in one language and theme: what was found in its states, and its three scores."""

    screen: str
    language: str
    scheme: str
    states: int = 0
    found: list[str] = field(default_factory=list)
    scores: dict[str, int | None] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    least: dict[str, int] = field(default_factory=lambda: FIELD)
    is_judged: bool = True  # by Lighthouse, where that runs

    def misses(self, *, judged: bool) -> list[str]:
        low = [f"{name} {score}" for name, score in self.scores.items() if score is None or score < self.least[name]]
        return self.found + low + (["Lighthouse gave no scores"] if judged and self.is_judged and not self.scores else [])


class Report:
    """``least``: the lowest scores that pass."""

    def __init__(self, least: dict[str, int] | None = None) -> None:
        self.least = least or FIELD
        self.lines: dict[tuple[str, str, str], Line] = {}

    def line(self, screen: str, language: str, scheme: str) -> Line:
        return self.lines.setdefault((screen, language, scheme), Line(screen, language, scheme, least=self.least))


def judge(report: Report, port: int, pages: list[tuple[str, str]], language: str, scheme: str, *, device: str = "phone") -> None:
    """Lighthouse over addresses in the browser behind ``port``; ``device``: phone | desk."""
    about = {"port": port, "language": language, "scheme": scheme, "device": device, "least": report.least["performance"] / 100}
    asked = about | {"pages": [{"screen": s, "url": u} for s, u in pages]}
    with subprocess.Popen(["node", "lighthouse.mjs"], cwd=TOOLS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdin and run.stdout
        run.stdin.write(json.dumps(asked))
        run.stdin.close()
        for text in run.stdout:
            one = json.loads(text)
            line = report.line(one["screen"], language, scheme)
            line.scores, line.lost = one["scores"], one["lost"]
            if one["error"]:
                line.found.append(f"Lighthouse: {one['error']}")
            print(f"  {show(line)}", flush=True)


def show(line: Line) -> str:
    scores = " ".join(f"{'-' if line.scores.get(k) is None else line.scores[k]:>4}" for k in SCORES)
    return f"{line.screen:<24} {line.language} {line.scheme:<5} {line.states:>3} {len(line.found):>4} {scores}  {'; '.join(line.lost)}".rstrip()


def html_page(title: str, lines: list[Line], misses: list[str]) -> str:
    cells = "".join(
        f"<tr><td>{line.screen}<td>{line.language}<td>{line.scheme}<td>{line.states}<td>{'<br>'.join(map(html.escape, line.found)) or '0'}"
        + "".join(f"<td>{line.scores.get(k, '')}" for k in SCORES)
        + f"<td>{html.escape('; '.join(line.lost))}</tr>"
        for line in lines
    )
    head = "<tr><th>screen<th>language<th>theme<th>states<th>findings<th>accessibility<th>best practices<th>performance<th>what cost points</tr>"
    verdict = f"{len(misses)} misses" if misses else "no misses"
    style = "body{font:15px system-ui;margin:2rem} table{border-collapse:collapse} td,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left}"
    top = f"<!doctype html><html lang=en><meta charset=utf-8><title>Audit</title><style>{style}</style>"
    return f"{top}<h1>{title}: {verdict}</h1><table>{head}{cells}</table></html>\n"
