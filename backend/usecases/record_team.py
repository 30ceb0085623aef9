"""The other officers' side of a record: what the office reads beside it, and what goes into its file and proves itself there.

Parts, decisions, co-signatures and waivers, each with its entry in the log; docs/ledger-spec.md, "Parts and co-signatures".
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.inspections import part_queries, parts_rules, record_rules
from backend.inspections.part_queries import Signed, WaiverView
from backend.inspections.parts_rules import Outstanding, Segment
from backend.inspections.submission_queries import RecordView
from backend.kernel import jcs
from backend.kernel.errors import NotFound
from backend.ledger import queries as ledger
from backend.people import queries as people
from backend.usecases.close_record import list_outstanding, words_of

TEAM = "team/"
Entry = Callable[[UUID], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Team:
    """What the office reads beside a record. ``arrivals``: (device, number) -> when that part came; ``names`` by inspector."""

    segments: list[Segment]
    arrivals: dict[tuple[str, int], datetime]
    decisions: list[Signed]
    cosignatures: list[Signed]
    waivers: list[WaiverView]
    outstanding: Outstanding
    words: tuple[list[str], list[str]]
    names: dict[str, str]
    waivers_by: dict[UUID, str]


async def read_team(view: RecordView) -> Team:
    """For a caller that has found the record within a scope. Once a record is decided nothing is outstanding."""
    standing = (await part_queries.list_standing([view.inspection])).get(view.inspection)
    is_open = standing is not None and standing.id == view.id
    outstanding = (await list_outstanding([standing]))[view.id] if is_open and standing else Outstanding()
    segments = (await part_queries.list_segments([view.inspection])).get(view.inspection, [])
    decisions = (await part_queries.list_decisions([view.id])).get(view.id, [])
    cosignatures = (await part_queries.list_cosignatures([view.id])).get(view.id, [])
    waivers = (await part_queries.list_waivers([view.id])).get(view.id, [])
    signers = [s["inspector"] for s in view.record["signers"] if s.get("inspector")]
    spoke = [*signers, *(s.inspector for s in segments), *outstanding.cosignatures, *outstanding.parts]
    spoke += [str(x.inspector) for x in (*cosignatures, *decisions)] + [str(w.inspector) for w in waivers]
    names = {str(i): v.name for i, v in (await people.list_inspectors_by_id([UUID(i) for i in dict.fromkeys(spoke)])).items()}
    waived_by = {w.waived_by: await people.find_account_name(w.waived_by) for w in waivers}
    arrivals = await part_queries.list_arrivals(view.inspection)
    return Team(segments, arrivals, decisions, cosignatures, waivers, outstanding, words_of(outstanding, names), names, waived_by)


async def list_files(view: RecordView, entry_of: Entry) -> tuple[dict[str, Any], dict[str, bytes]]:
    """(what the manifest says, files under ``TEAM``) of a record's file. Nothing where one phone did it all before there were parts."""
    segments = (await part_queries.list_segments([view.inspection])).get(view.inspection, [])
    entries = await part_queries.list_part_entries(view.inspection)
    files: dict[str, bytes] = {}
    told: dict[str, Any] = {"parts": [], "cosignatures": [], "decisions": [], "waivers": []}
    for s in segments:
        name = f"{TEAM}part-{s.device}-{s.seq}.json"
        files[name] = jcs.encode(dict(s.body))
        told["parts"].append({"file": name, "received": await entry_of(entries[s.device, s.seq])})
    for kind, signed in (
        ("cosignatures", (await part_queries.list_cosignatures([view.id])).get(view.id, [])),
        ("decisions", (await part_queries.list_decisions([view.id])).get(view.id, [])),
    ):
        for n, one in enumerate(signed, 1):
            name = f"{TEAM}{kind[:-1]}-{n}.json"
            files[name] = one.raw
            enrolled = await ledger.find_entry_id("device.enrolled", str(one.device))
            key = await people.find_public_key(one.device)
            if enrolled is None or key is None:
                raise NotFound()
            signature = base64.b64encode(one.signature).decode()
            told[kind].append(
                {"file": name, "signature": signature, "public_key": key, "recorded": await entry_of(one.entry_id), "enrolled": await entry_of(enrolled)}
            )
    for w in (await part_queries.list_waivers([view.id])).get(view.id, []):
        told["waivers"].append({"recorded": await entry_of(w.entry_id)})
    return told, files


# What ``verify`` asks of all this. Each check gives what is wrong, or nothing.


def list_entries(manifest: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(name, type, entry) of every entry of the log that stands beside the record."""
    for part in manifest.get("parts", []):
        yield "part", "part.received", part["received"]
    for kind, type_ in (("cosignatures", "record.cosigned"), ("decisions", "record.decided")):
        for one in manifest.get(kind, []):
            yield kind, type_, one["recorded"]
            yield kind, "device.enrolled", one["enrolled"]
    for one in manifest.get("waivers", []):
        yield "waiver", "record.waived", one["recorded"]


def _subject(entry: dict[str, Any]) -> str | None:
    return json.loads(base64.b64decode(entry["leaf"]))["subject"] if entry.get("leaf") else None


def _is_about(entry: dict[str, Any], subject: str, payload: dict[str, Any]) -> bool:
    return entry["payload"] == payload and _subject(entry) in (None, subject)


def wrong_parts(files: dict[str, bytes], manifest: dict[str, Any], record: dict[str, Any]) -> str:
    """Each part is chained, logged, and of this visit; every part that the record holds is there, unless it was waived, and says what the record says."""
    there: dict[tuple[str, int], str] = {}
    bodies = sorted((json.loads(files[p["file"]]) | {"_": p} for p in manifest.get("parts", [])), key=lambda b: (b["device"], b["seq"]))
    for body in bodies:
        listed = body.pop("_")
        raw, digest = files[listed["file"]], hashlib.sha256(files[listed["file"]]).hexdigest()
        before = there.get((body["device"], body["seq"] - 1))
        payload = {"device": body["device"], "inspector": body["inspector"], "seq": body["seq"], "sha256": digest}
        if jcs.encode(body) != raw or body["inspection"] != record["inspection"] or body["prev"] != before:
            return f"{listed['file']}: not canonical, of another visit, or out of its chain"
        if not _is_about(listed["received"], record["inspection"], payload):
            return f"{listed['file']}: the log's entry is of another part"
        there[body["device"], body["seq"]] = digest
    waived = {w["recorded"]["payload"]["inspector"] for w in manifest.get("waivers", []) if w["recorded"]["payload"]["what"] == parts_rules.PART}
    missing = [p for p in record.get("parts", []) if there.get((p["device"], p["seq"])) != p["sha256"] and p["inspector"] not in waived]
    awaited = set(record.get("expects", [])) - {b["inspector"] for b in bodies} - waived
    segments = [Segment(b["device"], b["inspector"], b["seq"], there[b["device"], b["seq"]], b) for b in bodies]
    misread = [m.key for m in parts_rules.list_misread(record, segments)]
    return ", ".join([f"{p['device']} {p['seq']}" for p in missing] + sorted(awaited) + misread)


def wrong_words(files: dict[str, bytes], manifest: dict[str, Any], record: dict[str, Any], raw: bytes) -> str:
    """Each co-signature and decision is canonical, signed by an enrolled device, of this very record, and logged."""
    of_record = hashlib.sha256(raw).hexdigest()
    for kind, names in (("cosignatures", "cosigns"), ("decisions", "decides")):
        for one in manifest.get(kind, []):
            text = files[one["file"]]
            body = json.loads(text)
            if jcs.encode(body) != text or body[names] != of_record or body["submission"] != record["submission"] or body["inspection"] != record["inspection"]:
                return f"{one['file']}: of another record"
            record_rules.verify_signature(text, base64.b64decode(one["signature"]), one["public_key"])
            payload = {"submission": body["submission"], "device": body["device"], "sha256": hashlib.sha256(text).hexdigest()}
            payload |= {"record_sha256": of_record} if kind == "cosignatures" else {}
            if not _is_about(one["recorded"], record["inspection"], payload):
                return f"{one['file']}: the log's entry is of something else"
            known = one["enrolled"]["payload"]["public_key"]
            if any(known[k] != one["public_key"][k] for k in ("x", "y")) or _subject(one["enrolled"]) not in (None, body["device"]):
                return f"{one['file']}: another device's key"
    for one in manifest.get("waivers", []):
        if one["recorded"]["payload"]["submission"] != record["submission"] or _subject(one["recorded"]) not in (None, record["inspection"]):
            return "a waiver of another record"
    listed = {x["file"] for kind in ("parts", "cosignatures", "decisions") for x in manifest.get(kind, [])}
    return ", ".join(sorted(listed ^ {name for name in files if name.startswith(TEAM)}))
