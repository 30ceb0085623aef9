"""One shop of the demo has claimed its page: a reply that is public and its next version that waits, an objection with a photo, proof of correction."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from PIL import Image

from backend.claims import queries as claims
from backend.claims.rules import POST, UPLOAD, Member
from backend.claims.sealing import Person
from backend.cli.demo.aftermath import id_of, list_finished
from backend.cli.demo.fieldwork import draw_photo
from backend.inspections import queries as inspections
from backend.people.rules import Principal
from backend.publicity.queries import find_number_of
from backend.responses.queries import list_versions
from backend.usecases import claiming, moderate, my_acts

PHONE, STAFF_PHONE = "13800000001", "13800000002"
HERE = "127.0.0.1"


def _scanned(page: bytes) -> bytes:
    """A paper as an office's scanner saves it: one picture in a PDF."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(page)) as image:
        image.convert("RGB").save(out, "PDF")
    return out.getvalue()


async def _member(member: UUID) -> Member:
    found = await claims.find_member(member)
    assert found is not None
    return found


async def show_claims(at: Callable[[date, int], None], today: date, who: dict[str, Principal], password: str) -> None:
    """``at`` sets the clock to an hour of a day. The shop is the one with the order that is due soon."""
    manager, reviewer, dice = who["manager"], who["reviewer"], random.Random(27)
    visits = await list_finished()
    place, other = [await inspections.find_place(visits[n], manager.scope) for n in (1, 4)]
    result = await find_number_of(place.id)
    assert result is not None

    at(today - timedelta(days=16), 10)
    letter = await claiming.issue_code(place.enterprise, id_of("claim"), kind=POST, by=manager)
    at(today - timedelta(days=12), 20)
    owner = await _member(await claiming.claim(letter.code, Person("李建国", "店长", PHONE), password, HERE, is_demo=True))
    invitation = await my_acts.invite(id_of("staff"), [UPLOAD], by=owner)
    staff = await _member(await claiming.claim(invitation, Person("王芳", "质量负责人", STAFF_PHONE), password, HERE, is_demo=True))

    at(today - timedelta(days=11), 9)
    await my_acts.reply(result, id_of("reply 1"), "检查当日发现的登记缺漏，我店已于次日补齐，今后每月自查一次。", seen=0, by=owner)
    at(today - timedelta(days=10), 9)
    waiting = (await list_versions(result, place.enterprise))[0]
    await moderate.decide_response(waiting.id, shown=True, ground="", reason="", by=reviewer)

    at(today - timedelta(days=5), 16)
    sent = [("登记第1页.jpg", draw_photo(dice)), ("登记第2页.jpg", draw_photo(dice)), ("自查报告.pdf", _scanned(draw_photo(dice)))]
    files = await my_acts.keep_files(sent, purpose=my_acts.PROOF, matter=id_of("evidence"), by=staff)
    await my_acts.hand_evidence(id_of("soon"), id_of("evidence"), "补齐的处方药销售登记，共两页，附自查报告。", files, by=staff)
    at(today - timedelta(days=2), 11)
    photo = await my_acts.keep_files([("登记簿.jpg", draw_photo(dice))], purpose=my_acts.OBJECTION, matter=id_of("own objection"), by=owner)
    await my_acts.object_to(result, id_of("own objection"), "登记缺漏只有一天，且当场即可补齐，请核实结果代码。照片为当日的登记簿。", photo, by=owner)

    at(today - timedelta(days=1), 17)
    text = "检查当日发现的登记缺漏，我店已于次日补齐，并已提交照片；今后每月自查一次，欢迎监督。"
    await my_acts.reply(result, id_of("reply 2"), text, seen=1, by=owner)
    # A letter that nobody has used yet.
    await claiming.issue_code(other.enterprise, id_of("letter"), kind=POST, by=manager)
