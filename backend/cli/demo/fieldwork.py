"""What a phone would do, in Python: photos, strokes, a device key, a signed record. For the demo county and for tests."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from PIL import Image, ImageDraw, ImageFont

from backend.inspections.record_rules import content_hash, is_shown
from backend.kernel import jcs


@dataclass
class Phone:
    """One officer's phone: its signing key and the chain of its records."""

    id: UUID = field(default_factory=uuid4)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    seq: int = 0
    prev: str | None = None

    def public_jwk(self) -> dict[str, str]:
        numbers = self.key.public_key().public_numbers()
        x, y = (base64.urlsafe_b64encode(n.to_bytes(32)).rstrip(b"=").decode() for n in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def sign(self, record: Mapping[str, Any]) -> bytes:
        """ES256: r || s, 64 bytes."""
        r, s = decode_dss_signature(self.key.sign(jcs.encode(dict(record)), ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


@dataclass(frozen=True)
class Work:
    """A signed record with the files that it names (sha256 -> bytes)."""

    submission: UUID
    record: dict[str, Any]
    signature: bytes
    files: dict[str, bytes]


@dataclass
class Pen:
    """What one phone says of one visit: its numbered, chained parts (docs/ledger-spec.md, "Parts and co-signatures")."""

    phone: Phone
    inspection: str
    inspector: str
    seq: int = 0
    prev: str | None = None

    def write(self, *revs: Mapping[str, Any], t_dev_ms: int) -> dict[str, Any]:
        """The next part. A revision needs ``key`` and ``value``."""
        self.seq += 1
        part = {
            "v": 1,
            "kind": "part",
            "inspection": self.inspection,
            "inspector": self.inspector,
            "device": str(self.phone.id),
            "seq": self.seq,
            "prev": self.prev,
            "t_dev": t_dev_ms,
            "revs": [{"rev": str(uuid4()), "over": [], "t_dev": t_dev_ms, **r} for r in revs],
        }
        self.prev = hashlib.sha256(jcs.encode(part)).hexdigest()
        return part

    def head(self) -> dict[str, Any]:
        """As a record names the parts that it holds."""
        return {"inspector": self.inspector, "device": str(self.phone.id), "seq": self.seq, "sha256": self.prev}

    def cosign(self, record: Mapping[str, Any], *, t_dev_ms: int) -> tuple[dict[str, Any], bytes]:
        """What this phone signs under a colleague's record, and its signature."""
        body = {
            "v": 1,
            "alg": "ES256",
            "cosigns": hashlib.sha256(jcs.encode(dict(record))).hexdigest(),
            "submission": record["submission"],
            "inspection": self.inspection,
            "inspector": self.inspector,
            "device": str(self.phone.id),
            "part": {"seq": self.seq, "sha256": self.prev} if self.seq else None,
            "t_dev": t_dev_ms,
        }
        return body, self.phone.sign(body)


def draw_photo(dice: random.Random, size: tuple[int, int] = (960, 720)) -> bytes:
    """A picture of a shop front that nobody will take for a real one; WEBP."""
    width, height = size
    sky = (dice.randint(150, 200), dice.randint(180, 215), dice.randint(205, 235))
    image = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(image)
    wall = tuple(dice.randint(150, 225) for _ in range(3))
    draw.rectangle((width * 0.08, height * 0.22, width * 0.92, height * 0.86), fill=wall)
    draw.rectangle((width * 0.08, height * 0.22, width * 0.92, height * 0.36), fill=tuple(dice.randint(40, 140) for _ in range(3)))
    for k in range(dice.randint(3, 5)):
        left = width * (0.13 + 0.19 * k)
        draw.rectangle((left, height * 0.44, left + width * 0.14, height * 0.72), fill=(70, 90, 105), outline=(240, 240, 235), width=6)
    draw.rectangle((0, height * 0.86, width, height), fill=(120, 118, 112))
    for _ in range(900):
        x, y = dice.randrange(width), dice.randrange(height)
        shade = dice.randint(-14, 14)
        image.putpixel((x, y), tuple(max(0, min(255, c + shade)) for c in image.getpixel((x, y))))  # type: ignore[union-attr]
    out = io.BytesIO()
    image.save(out, "WEBP", quality=72)
    return out.getvalue()


def stamp_copy(original: bytes, lines: list[str], *, blurred: bool = False) -> bytes:
    """The copy that people are shown, as a phone makes it: facts in a strip, an area made unreadable; WEBP."""
    with Image.open(io.BytesIO(original)) as picture:
        image = picture.convert("RGB")
    width, height = image.size
    if blurred:
        box = (round(width * 0.3), round(height * 0.4), round(width * 0.5), round(height * 0.7))
        image.paste(image.crop(box).resize((4, 5), Image.Resampling.BOX).resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST), box)
    draw = ImageDraw.Draw(image, "RGBA")
    step = height // 24
    draw.rectangle((0, height - step * (len(lines) + 1), width, height), fill=(0, 0, 0, 140))
    for n, line in enumerate(lines):
        draw.text((step, height - step * (len(lines) + 0.6 - n)), line, fill=(255, 255, 255), font=ImageFont.load_default(step * 0.8))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=72)
    return out.getvalue()


def draw_strokes(content_sha256: str, dice: random.Random) -> bytes:
    """A scribble that stands for a name, as a signature pad gives it."""
    strokes, t = [], 0
    for part in range(dice.randint(2, 3)):
        points = []
        for step in range(26):
            t += 16
            x = 60 + part * 170 + step * 6
            y = 130 + 52 * math.sin(step / 3.1 + dice.random()) + 18 * math.cos(step * (1.1 + part))
            points.append([round(x), round(y), t])
        strokes.append(points)
    return jcs.encode({"v": 1, "w": 600, "h": 260, "content_sha256": content_sha256, "strokes": strokes})


def _answers(questions: list[dict[str, Any]], bad: bool, dice: random.Random) -> tuple[list[dict[str, Any]], list[str]]:
    """Answers to a checklist and the questions that need a photo. ``bad``: the first yes/no question is answered with no."""
    given: dict[str, dict[str, Any]] = {}
    photos: list[str] = []
    for question in questions:
        if not is_shown(question, given):
            continue
        kind, value = question["type"], ""
        note = ""
        if kind == "yes_no_na":
            value = "no" if bad and not any(a["value"] == "no" for a in given.values()) else "yes"
            if value == "no":
                note = "现场发现不符合要求，已当场指出并责令改正。"
            if value == question.get("photo_required_when"):
                photos.append(question["id"])
        elif kind == "number":
            low, high = float(question.get("min") or 0), float(question.get("max") or 10)
            value = str(round(low + (high - low) * dice.uniform(0.3, 0.6)))
        elif kind == "choice":
            value = question["options"][0]["value"]
        given[question["id"]] = {"q": question["id"], "value": value, "note": note}
    return list(given.values()), photos


def make_work(
    inspection: Mapping[str, Any],
    checklists: Mapping[str, Mapping[str, Any]],
    phone: Phone,
    *,
    t_dev_ms: int,
    dice: random.Random,
    bad: bool = False,
    remark: str = "",
    parts: Sequence[Mapping[str, Any]] = (),
    unscanned: str = "",
    days_on: int = 0,
) -> Work:
    """A whole record of one inspection, from its entry in the phone's bundle (usecases.field_bundle). ``parts``: ``Pen.head()`` of those that it
    holds. ``unscanned``: why the scan at the door had to be made up for; ``days_on``: how many days after the visit the record was sealed.
    """
    submission = uuid4()
    items: list[dict[str, Any]] = []
    photos: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}

    enterprise = inspection["enterprise"]
    place = {"lat_e7": enterprise["lat_e7"], "lon_e7": enterprise["lon_e7"], "acc_cm": 800} if enterprise["lat_e7"] else None

    def add_photo(item: str | None, question: str | None) -> None:
        content = draw_photo(dice)
        digest = hashlib.sha256(content).hexdigest()
        gps = place if question else None
        copy = stamp_copy(content, [inspection["campaign"]["number"], f"SHA-256 {digest[:16]}"], blurred=question is not None)
        marked = hashlib.sha256(copy).hexdigest()
        files[digest], files[marked] = content, copy
        photo = {"sha256": digest, "bytes": len(content), "type": "image/webp", "item": item, "q": question, "t_dev": t_dev_ms - 400_000, "gps": gps}
        photos.append({**photo, "source": "camera", "claims": None, "marked": marked, "marks": {"blur": 1} if question else {}})

    add_photo(None, None)
    for n, item in enumerate(inspection["items"]):
        answers, wanted = _answers(checklists[item["checklist"]]["questions"], bad and n == 0, dice)
        items.append({"item": item["code"], "checklist": item["checklist"], "answers": answers})
        for question in wanted:
            add_photo(item["code"], question)
    signers: list[dict[str, Any]] = [
        {"key": f"officer-{n}", "role": "officer", "inspector": o["inspector_id"], "name": o["name"]} for n, o in enumerate(inspection["officers"], 1)
    ]
    signers.append(
        {"key": "enterprise", "role": "enterprise", "name": enterprise["legal_rep"] or "现场负责人", "refused": False, "reason": None, "witness": None}
    )
    phone.seq += 1
    record: dict[str, Any] = {
        "v": 1,
        "alg": "ES256",
        "submission": str(submission),
        "inspection": inspection["id"],
        "version": inspection["version"],
        "seq": phone.seq,
        "device": str(phone.id),
        "sealed_entry": inspection["sealed_entry"],
        "scan": {"how": "qr", "value": enterprise["qr_token"], "t_dev": t_dev_ms - 1_500_000, "reason": None}
        if not unscanned
        else {"how": "backfill", "value": None, "t_dev": t_dev_ms - 60_000, "reason": unscanned},
        "items": items,
        "outcomes": ["E"] if bad else ["1"],
        "remark": remark,
        "photos": photos,
        "parts": [dict(p) for p in parts],
        "expects": [],
        "voices": [],
        "gps": place,
        "t_dev": t_dev_ms,
        "started_t_dev": t_dev_ms - 1_500_000 - days_on * 86_400_000,
        "prev": phone.prev,
        "signers": signers,
    }
    content = content_hash(record)
    strokes = {}
    for signer in signers:
        blob = draw_strokes(content, dice)
        digest = hashlib.sha256(blob).hexdigest()
        files[digest] = blob
        strokes[signer["key"]] = digest
    record["strokes_sha256"] = strokes
    phone.prev = hashlib.sha256(jcs.encode(record)).hexdigest()
    return Work(submission, record, phone.sign(record), files)
