"""检查分部 What several phones said of one visit: is a part whole, what came after the record, what keeps it from closing. Pure.

The twin, as far as the office needs one, of pwa/src/model/merge.js, which explains revisions. A part is canonical JSON
``{"v": 1, "kind": "part", "inspection", "inspector", "device", "seq", "prev", "t_dev", "revs": [{"rev", "key", "over", "t_dev", "value"}]}``,
numbered from 1 on each device, ``prev`` the SHA-256 of the part before. Proven by tests/rules/test_parts_rules.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from backend.inspections.record_rules import HEX64, refuse
from backend.kernel import jcs
from backend.kernel.errors import Conflict, DomainError

MAX_REVISIONS = 200
MAX_BYTES = 512 * 1024
KEY = re.compile(r"[an]/[A-Za-z0-9][A-Za-z0-9_.-]{0,39}/[A-Za-z0-9][A-Za-z0-9_.-]{0,59}|[pv]/[0-9a-f]{64}|outcomes|remark|scan")
REV = re.compile(r"[A-Za-z0-9-]{1,40}")
PART, COSIGNATURE = "part", "cosignature"


class PartGap(Conflict):
    code = "part-gap"
    zh = "前面的内容尚未送达，应先发送第 {expected} 份"
    en = "What came before has not arrived: number {expected} is next"


class StaleDecision(Conflict):
    code = "stale-decision"
    zh = "同事又传来了新内容，请同步后重新核对"
    en = "More has arrived from a colleague: sync and look again"


class PartsBehind(Conflict):
    code = "parts-behind"
    zh = "本机填写的内容还没有全部送达，送达后再联署"
    en = "What this phone filled in has not all arrived: co-sign after that"


class NotReady(DomainError):
    code = "not-ready"
    status = 409
    zh = "还不能通过：{what_zh}"
    en = "This cannot be approved yet: {what_en}"


@dataclass(frozen=True, slots=True)
class Segment:
    """One stored part."""

    device: str
    inspector: str
    seq: int
    sha256: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """Who said a value, by the clock of their phone."""

    inspector: str
    t_dev: int


@dataclass(frozen=True, slots=True)
class Rival:
    value: Any
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which something else reached the office after the record. ``over``: the revisions that a decision must name."""

    key: str
    recorded: Any
    over: tuple[str, ...]
    rivals: tuple[Rival, ...]


@dataclass(frozen=True, slots=True)
class Misread:
    """A field in which the record says something else than the parts that it holds. ``said``: what stands in these; several are a conflict."""

    key: str
    recorded: Any
    said: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What keeps a record from closing. ``parts`` and ``cosignatures`` hold inspectors, ``photos`` hashes, ``resign``: the outcome was decided otherwise.

    ``misread``: the record has to be returned, for nobody's decision beside it makes it what the phones said.
    """

    parts: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    cosignatures: tuple[str, ...] = ()
    resign: bool = False
    misread: tuple[Misread, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return self == Outstanding()


def check_part(part: Mapping[str, Any], *, inspection: str, inspector: str, device: str, seq: int, head: tuple[int, str] | None) -> None:
    """``head``: number and hash of the last stored part of this device. Raises ``Invalid`` naming a field, or ``PartGap``."""
    expected = {"v": 1, "kind": "part", "inspection": inspection, "inspector": inspector, "device": device, "seq": seq}
    for field, value in expected.items():
        if part.get(field) != value:
            refuse(field, "与任务不符", "does not belong to this visit")
    _check_revisions(part.get("revs"))
    if len(jcs.encode(part)) > MAX_BYTES:
        refuse("revs", "内容过大", "this is too large")
    last, digest = head or (0, None)
    if seq != last + 1:
        raise PartGap(expected=last + 1)
    if part.get("prev") != digest:
        refuse("prev", "与上一份不衔接", "does not follow the part before")


def _check_revisions(revs: object) -> None:
    if not isinstance(revs, list) or not 1 <= len(revs) <= MAX_REVISIONS:
        refuse("revs", "缺少内容或内容过多", "there is nothing in it, or too much")
    for r in revs:
        is_sound = (
            isinstance(r, dict)
            and set(r) == {"rev", "key", "over", "t_dev", "value"}
            and REV.fullmatch(str(r["rev"]))
            and KEY.fullmatch(str(r["key"]))
            and isinstance(r["over"], list)
            and all(isinstance(o, str) and REV.fullmatch(o) for o in r["over"])
            and isinstance(r["t_dev"], int)
        )
        if not is_sound:
            refuse("revs", "修订格式不正确", "a revision is malformed")


def check_named(record: Mapping[str, Any], officers: Collection[str]) -> None:
    """The record's own word on parts. Raises ``Invalid``. A record of before there were parts names none."""
    named, expects = record.get("parts", []), record.get("expects", [])
    if not isinstance(named, list) or not all(
        isinstance(p, dict)
        and p.get("inspector") in officers
        and isinstance(p.get("device"), str)
        and isinstance(p.get("seq"), int)
        and HEX64.fullmatch(str(p.get("sha256")))
        for p in named
    ):
        refuse("parts", "所含分部的格式不正确", "the parts that it holds are malformed")
    if not isinstance(expects, list) or not set(map(str, expects)) <= set(officers):
        refuse("expects", "待到分部的人员不是本次检查人员", "it awaits the part of somebody who is not of this visit")


def foreign_files(record: Mapping[str, Any]) -> set[str]:
    """Photos, their copies and voice notes that a colleague's phone made and sends itself: they may arrive after the record."""
    devices = {p["device"] for p in record.get("parts", [])} - {record.get("device")}
    theirs = [e for e in [*record.get("photos", []), *record.get("voices", [])] if e.get("device") in devices]
    return {e["sha256"] for e in theirs} | {e["marked"] for e in theirs if e.get("marked")}


def recorded(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record's fields under the keys of revisions; what is empty is absent."""
    found: dict[str, Any] = {}
    for item in record["items"]:
        for answer in item["answers"]:
            found[f"a/{item['item']}/{answer['q']}"] = answer.get("value")
            found[f"n/{item['item']}/{answer['q']}"] = answer.get("note")
    found |= {f"p/{p['sha256']}": True for p in record["photos"]} | {f"v/{v['sha256']}": True for v in record.get("voices", [])}
    found |= {"outcomes": record.get("outcomes"), "remark": record.get("remark")}
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def is_same(key: str, a: Any, b: Any) -> bool:
    """Two values of one field, as people mean them: 03.5 is 3.5, outcomes have no order, a photo is there or not."""
    if key.startswith(("p/", "v/")):
        return (a is None) == (b is None)
    if a in (None, "", []) or b in (None, "", []):
        return (a or None) == (b or None)
    if key == "outcomes":
        return isinstance(a, list) and isinstance(b, list) and sorted(map(str, a)) == sorted(map(str, b))
    if a == b:
        return True
    try:
        return _number(a) == _number(b)
    except InvalidOperation:
        return False


def _number(typed: object) -> Decimal:
    """A number as a phone reads what was typed: ３。５ is 3.5."""
    return Decimal(unicodedata.normalize("NFKC", str(typed)).strip().replace("。", "."))


def covered(record: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """device -> (number, hash) of the last part that the record holds."""
    return {p["device"]: (p["seq"], p["sha256"]) for p in record.get("parts", [])}


def standing(revisions: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """key -> what stands in that field once all these revisions are put together; several values are a conflict that nobody decided.

    Says what ``standing`` of pwa/src/model/merge.js says: tests/vectors/merge.json.
    """
    by_key: dict[str, dict[str, Mapping[str, Any]]] = {}
    for r in revisions:
        by_key.setdefault(r["key"], {})[r["rev"]] = r
    found = {}
    for key, known in by_key.items():
        gone = {o for r in known.values() for o in r["over"] if o != r["rev"]}
        live = sorted((r for r in known.values() if r["rev"] not in gone), key=lambda r: (r["t_dev"], r["rev"]))
        values = tuple({jcs.encode(r["value"]): r["value"] for r in live}.values())
        if len(values) > 1 and key.startswith(("p/", "v/")):
            values = (None,) if None in values else values[-1:]
        elif len(values) > 1 and key == "scan":
            values = (min(values, key=_rank_of_scan),)
        found[key] = values
    return found


def _rank_of_scan(scan: Mapping[str, Any] | None) -> tuple[int, int, bytes]:
    """Of several scans the first on site counts."""
    if scan is None:
        return 2, 0, b""
    return int(scan["how"] == "backfill"), scan.get("t_dev") or 0, jcs.encode(scan)


def list_misread(record: Mapping[str, Any], segments: Sequence[Segment]) -> list[Misread]:
    """The merge done again from the parts that the record holds, where all of them are here, and compared with what the record says.

    A phone cuts its own last part before it freezes a record, so that a record that names one of its own device has nothing but from parts.
    One that does not may say what no part said, but nothing against what a colleague's part said.
    """
    holds = covered(record)
    there = {(s.device, s.seq): s.sha256 for s in segments}
    if not holds or any(there.get((device, seq)) != sha256 for device, (seq, sha256) in holds.items()):
        return []
    stands = standing(r for s in segments if s.seq <= holds.get(s.device, (0, ""))[0] for r in s.body["revs"])
    known = recorded(record)
    answered = {f"{kind}/{item['item']}/{a['q']}" for item in record["items"] for a in item["answers"] for kind in "an"}
    is_whole = record.get("device") in holds
    if is_whole:
        known |= {"scan": record.get("scan")}
        stands = {**dict.fromkeys(known, (None,)), **stands}
    else:
        stands.pop("scan", None)
    # A question that no longer applies is left out of the record, whatever was once answered.
    asked = (key for key in sorted(stands) if not key.startswith(("a/", "n/")) or key in answered)
    return [Misread(k, known.get(k), stands[k]) for k in asked if len(stands[k]) > 1 or not is_same(k, stands[k][0], known.get(k))]


def list_missing(record: Mapping[str, Any], segments: Sequence[Segment]) -> set[str]:
    """Officers whose part the record holds or awaits and the office does not have."""
    there = {(s.device, s.seq): s.sha256 for s in segments}
    missing = {p["inspector"] for p in record.get("parts", []) if there.get((p["device"], p["seq"])) != p["sha256"]}
    return missing | set(record.get("expects", [])) - {s.inspector for s in segments}


def list_differences(record: Mapping[str, Any], segments: Sequence[Segment], decisions: Iterable[Mapping[str, Any]]) -> list[Difference]:
    """What phones said beyond the parts that the record holds, where it differs from the record and nobody has decided yet."""
    known, said = recorded(record), covered(record)
    by_key: dict[str, list[tuple[Segment, Mapping[str, Any]]]] = {}
    for segment in segments:
        for revision in segment.body["revs"]:
            by_key.setdefault(revision["key"], []).append((segment, revision))
    settled: dict[str, set[str]] = {}
    for decision in decisions:
        for choice in decision["choices"]:
            settled.setdefault(choice["key"], set()).update(choice["over"])
    found = []
    for key, revisions in sorted(by_key.items()):
        if key == "scan":  # of several the first counts, and each was true
            continue
        gone = {o for _, r in revisions for o in r["over"] if o != r["rev"]}
        late = [(s, r) for s, r in revisions if r["rev"] not in gone and s.seq > said.get(s.device, (0, ""))[0]]
        new = [(s, r) for s, r in late if not is_same(key, r["value"], known.get(key))]
        over = tuple(sorted(r["rev"] for _, r in late))
        if new and not set(over) <= settled.get(key, set()):
            found.append(Difference(key, known.get(key), over, _rivals(key, new)))
    return found


def _rivals(key: str, revisions: Iterable[tuple[Segment, Mapping[str, Any]]]) -> tuple[Rival, ...]:
    rivals: list[Rival] = []
    for segment, r in sorted(revisions, key=lambda sr: (sr[1]["t_dev"], sr[1]["rev"])):
        said = Said(segment.inspector, r["t_dev"])
        for n, rival in enumerate(rivals):
            if is_same(key, rival.value, r["value"]):
                rivals[n] = Rival(rival.value, (*rival.said, said))
                break
        else:
            rivals.append(Rival(r["value"], (said,)))
    return tuple(rivals)


def find_outstanding(
    record: Mapping[str, Any],
    segments: Sequence[Segment],
    decisions: Sequence[Mapping[str, Any]],
    *,
    missing_photos: Iterable[str],
    owed: Iterable[str],
    cosigned: Collection[str],
    waived: Collection[tuple[str, str]],
) -> Outstanding:
    """``owed``: inspectors whose device has to co-sign; ``waived``: (inspector, what). A photo is never waived: the record names it."""
    outcomes = [c["value"] for d in decisions for c in d["choices"] if c["key"] == "outcomes"]
    return Outstanding(
        parts=tuple(sorted(i for i in list_missing(record, segments) if (i, PART) not in waived)),
        photos=tuple(sorted(missing_photos)),
        differences=tuple(list_differences(record, segments, decisions)),
        cosignatures=tuple(sorted(i for i in set(owed) - set(cosigned) if (i, COSIGNATURE) not in waived)),
        misread=tuple(list_misread(record, segments)),
        resign=bool(outcomes) and not is_same("outcomes", outcomes[-1], record["outcomes"]),
    )


def check_cosignature(body: Mapping[str, Any], expected: Mapping[str, Any], head: tuple[int, str] | None) -> None:
    """``expected``: the fields that it must have. ``head``: the last part of this device at the office. Raises ``Invalid``, ``PartsBehind``."""
    for field, value in {"v": 1, "alg": "ES256", **expected}.items():
        if body.get(field) != value:
            refuse(field, "与记录不符", "does not belong to this record")
    if not isinstance(body.get("t_dev"), int):
        refuse("t_dev", "缺少设备时间", "the device's time is missing")
    if body.get("part") != ({"seq": head[0], "sha256": head[1]} if head else None):
        raise PartsBehind()


def check_decision(body: Mapping[str, Any], expected: Mapping[str, Any], differences: Sequence[Difference]) -> None:
    """Every choice names the whole of what is open in its field. Raises ``Invalid``, ``StaleDecision``."""
    for field, value in {"v": 1, "alg": "ES256", **expected}.items():
        if body.get(field) != value:
            refuse(field, "与记录不符", "does not belong to this record")
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(c, dict) and set(c) == {"key", "over", "value", "reason"} for c in choices):
        refuse("choices", "缺少裁定内容", "the decision is missing")
    if not isinstance(body.get("t_dev"), int):
        refuse("t_dev", "缺少设备时间", "the device's time is missing")
    open_ = {d.key: d for d in differences}
    for choice in choices:
        if choice["key"] not in open_ or sorted(map(str, choice["over"])) != sorted(open_[choice["key"]].over):
            raise StaleDecision()
