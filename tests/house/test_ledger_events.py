"""The glossary, the register of events and the verbs that write them tell the same story."""

from __future__ import annotations

import re
from pathlib import Path

from backend.ledger.rules import EVENTS

REPO = Path(__file__).parents[2]


def test_every_event_is_in_the_glossary_and_the_other_way_round():
    glossary = (REPO / "docs/glossary.md").read_text().partition("## Ledger events")[2]
    assert set(re.findall(r"`([a-z]+\.[a-z]+)`", glossary)) == set(EVENTS)


def test_every_event_is_written_by_some_verb():
    written = set()
    for path in (REPO / "backend").rglob("*.py"):
        if path.parent.name == "ledger":
            continue
        text = path.read_text()
        written |= set(re.findall(r"""record\(\s*["']([a-z]+\.[a-z]+)["']""", text))
        if 'f"inspection.{verdict}"' in text:
            written |= {"inspection.approved", "inspection.returned"}
    assert written == set(EVENTS)
