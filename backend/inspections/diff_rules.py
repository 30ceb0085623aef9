"""What changed between two records of one visit, answer by answer and photo by photo. Pure.

Records are as signed (see ``record_rules``). Keys are those of revisions (``parts_rules``): ``a/<item>/<question>`` an answer, ``n/..`` its
note, ``p/..`` photos and ``v/..`` voice notes beside it, ``outcomes``, ``remark``, ``scan``, ``signers``. Proven by tests/rules/test_diff.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One field with its value before and after; None where it was not there. Of photos and voices: those that went and those that came, by hash."""

    key: str
    before: Any
    after: Any


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"outcomes": sorted(record.get("outcomes", [])), "remark": record.get("remark") or ""}
    scan = record.get("scan") or {}
    found["scan"] = [scan.get("how"), scan.get("reason") or ""]
    found["signers"] = sorted([str(s.get("name")), "refused" if s.get("refused") else ""] for s in record.get("signers", []))
    for item in record.get("items", []):
        for answer in item.get("answers", []):
            place = f"{item['item']}/{answer['q']}"
            found[f"a/{place}"] = answer.get("value")
            found[f"n/{place}"] = answer.get("note") or ""
    return found


def _files(record: Mapping[str, Any], name: str) -> dict[str, list[str]]:
    """place -> hashes, in the record's order."""
    found: dict[str, list[str]] = {}
    for file in record.get(name, []):
        place = f"{file.get('item') or ''}/{file.get('q') or ''}"
        found.setdefault(place, []).append(str(file["sha256"]))
    return found


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every field that differs, in the order of the later record; what only the earlier one had comes last."""
    old, new = _fields(before), _fields(after)
    changes = [Change(key, old.get(key), new.get(key)) for key in dict.fromkeys([*new, *old]) if (old.get(key) or None) != (new.get(key) or None)]
    for letter, name in (("p", "photos"), ("v", "voices")):
        was, now = _files(before, name), _files(after, name)
        for place in dict.fromkeys([*now, *was]):
            gone = [h for h in was.get(place, []) if h not in now.get(place, [])]
            came = [h for h in now.get(place, []) if h not in was.get(place, [])]
            if gone or came:
                changes.append(Change(f"{letter}/{place}", gone, came))
    return changes
