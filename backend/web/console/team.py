"""The other officers' side of a record in words: whose phone has said and signed what, what differs, who decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.inspections.parts_rules import COSIGNATURE, PART, covered
from backend.usecases.record_team import Team
from backend.web.console.attachments import moment_of
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.record_words import Words


@dataclass(frozen=True, slots=True)
class Officer:
    """``parts``: how many parts came, the last ``last_at``. ``waived``: reasons, with who waived."""

    inspector: str
    name: str
    is_sealing: bool
    parts: int
    last_at: datetime | None
    awaits_part: bool
    cosigned_at: datetime | None
    awaits_cosignature: bool
    waived: list[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One value of one field: by whom, when by their phone's clock, and whether it came after the record."""

    field: str
    value: str
    who: str
    when: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """A difference that nobody has decided yet."""

    field: str
    recorded: str
    rivals: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Page:
    officers: list[Officer]
    open: list[Open]
    decided: list[Line]
    said: list[Line]
    outstanding: list[str]
    misread: list[tuple[str, str, list[str]]]  # field, what the record says, what the phones said


def show(team: Team, record: Mapping[str, Any], *, sealing: str | None, words: Words) -> Page:
    """``sealing``: the officer who handed the record in."""
    named = covered(record)
    signers = [s["inspector"] for s in record["signers"] if s["role"] == "officer"]
    others = [s.inspector for s in team.segments] + [str(c.inspector) for c in team.cosignatures] + list(team.outstanding.cosignatures)
    officers = []
    for inspector in dict.fromkeys([*signers, *others]):
        came = [at for s in team.segments if s.inspector == inspector if (at := team.arrivals.get((s.device, s.seq)))]
        signed = [c.received_at for c in team.cosignatures if str(c.inspector) == inspector]
        what = {PART: _("手机填写内容"), COSIGNATURE: _("联署")}
        officers.append(
            Officer(
                inspector,
                team.names.get(inspector, inspector),
                inspector == sealing,
                len(came),
                max(came, default=None),
                inspector in team.outstanding.parts,
                min(signed, default=None),
                inspector in team.outstanding.cosignatures,
                [f"{what[w.what]}：{w.reason}（{team.waivers_by[w.waived_by]}）" for w in team.waivers if str(w.inspector) == inspector],
            )
        )
    who = team.names.get
    return Page(
        officers,
        [
            Open(
                words.field(d.key),
                words.value(d.key, d.recorded),
                [(words.value(d.key, r.value), [f"{who(s.inspector, '')} {moment_of(s.t_dev)}" for s in r.said]) for r in d.rivals],
            )
            for d in team.outstanding.differences
        ],
        [
            Line(words.field(c["key"]), words.value(c["key"], c["value"]), who(str(d.inspector), ""), moment_of(d.body["t_dev"]))
            for d in team.decisions
            for c in d.body["choices"]
        ],
        [
            Line(words.field(r["key"]), words.value(r["key"], r["value"]), who(s.inspector, ""), moment_of(r["t_dev"]), s.seq > named.get(s.device, (0, ""))[0])
            for s, r in sorted(((s, r) for s in team.segments for r in s.body["revs"]), key=lambda sr: (sr[1]["key"], sr[1]["t_dev"], sr[1]["rev"]))
        ],
        team.words[0 if get_locale() == "zh" else 1],
        [(words.field(m.key), words.value(m.key, m.recorded), [words.value(m.key, v) for v in m.said]) for m in team.outstanding.misread],
    )
