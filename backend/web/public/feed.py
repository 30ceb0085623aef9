"""公示动态 The feed (Atom, RFC 4287): results, corrections, draws and plans, as the log tells of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Final

from backend.kernel import clock
from backend.kernel.settings import settings
from backend.usecases.open_changes import NAMES, Change, list_latest
from backend.web.shared.i18n import _, pick

ATOM: Final = "http://www.w3.org/2005/Atom"
ENTRIES: Final = 60
# A text in XML 1.0 may hold nothing below a space but these.
_FINE: Final = frozenset("\t\n\r")


def _clean(text: str) -> str:
    return "".join(c for c in text if (c >= " " and c not in "\ufffe\uffff") or c in _FINE)


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    made.text = _clean(text) or None
    return made


def _title(change: Change) -> str:
    event = pick({"zh": NAMES[change.type][0], "en": NAMES[change.type][1]}, "")
    what = change.result.enterprise_name if change.result else str(change.facts.get("name") or change.subject)
    return f"{event} {what}"


def _summary(change: Change, locale: str) -> str:
    r = change.result
    if r is None:
        return change.subject
    outcomes = "；".join(o.zh if locale == "zh" else o.en for o in r.outcomes) or _("已撤回")
    authority = r.authority_zh if locale == "zh" else r.authority_en
    return " · ".join(filter(None, (r.number, authority, r.completed_on.isoformat(), outcomes, r.reason)))


async def write(locale: str) -> bytes:
    """The whole feed."""
    ET.register_namespace("", ATOM)
    base = settings().base_url
    found = await list_latest(limit=ENTRIES)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "zh-CN" if locale == "zh" else "en"})
    _add(feed, "id", f"{base}/feed.atom")
    _add(feed, "title", f"{_('阳光抽查')} · {_('公示动态')}")
    _add(feed, "updated", clock.rfc3339(found[0].at) if found else "1970-01-01T00:00:00Z")
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{base}/feed.atom")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{base}/results")
    _add(_add(feed, "author"), "name", _("阳光抽查"))
    _add(feed, "rights", settings().data_licence[0])
    for change in found:
        entry = _add(feed, "entry")
        _add(entry, "id", f"{base}/log/entries/{change.index}")
        _add(entry, "title", _title(change))
        _add(entry, "updated", clock.rfc3339(change.at))
        _add(entry, "published", clock.rfc3339(change.at))
        _add(entry, "link", rel="alternate", type="text/html", href=change.href)
        _add(entry, "category", term=change.type)
        _add(entry, "summary", _summary(change, locale))
    body: bytes = ET.tostring(feed, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body
