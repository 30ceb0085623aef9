"""What an enterprise's own people do: hand in files, reply, object, show that they correct, let others in. Each act names who.

Every verb takes the ``Member`` and reaches only what is their enterprise's; anything else is not there. Proven by
tests/web/public/test_my_idor.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from backend.claims import queries as claims
from backend.claims import rules
from backend.claims import service as verbs
from backend.claims.rules import OBJECT, REPLY, UPLOAD, Member, require_owner, require_right
from backend.claims.sessions import check_present
from backend.deadlines.queries import load_book
from backend.deadlines.rules import DAY, RESPONSE
from backend.inspections.queries import InspectionPlace, find_place
from backend.intake import service as intake
from backend.intake.queries import list_named
from backend.kernel import clock
from backend.kernel.errors import Invalid, NotFound
from backend.kernel.hashing import hash_key
from backend.kernel.scope import EVERYTHING
from backend.notify import service as notify
from backend.objections.service import Filing
from backend.rectification import service as orders
from backend.rectification.rules import MOST_FILES
from backend.responses import service as responses
from backend.responses.service import Beside
from backend.storage.engine import connection, transaction
from backend.usecases.objecting import file_within

# What files came with, as backend/intake knows it; erasing an objection takes its own (usecases/erasing.py).
OBJECTION, PROOF = "objection", "proof"
RIGHT_TO = {OBJECTION: OBJECT, PROOF: UPLOAD}


def _require_few(n: int) -> None:
    if n > MOST_FILES:
        raise Invalid(field="files", why_zh=f"至多 {MOST_FILES} 个文件", why_en=f"at most {MOST_FILES} files")


async def keep_files(sent: Sequence[tuple[str, bytes]], *, purpose: str, matter: UUID, by: Member) -> list[str]:
    """Store what came with a form, (name, content) each, before the act that names it: a form with a mistake need not send it again.

    ``matter``: the form's own id, which is the objection's or the proof's to be. Returns hashes of what is kept (ADR 34).
    Raises ``NotTaken``, ``FileTooLarge``, ``IntakeBusy``, ``Invalid`` for too many, ``NoRight``.
    """
    require_right(by, RIGHT_TO[purpose])
    _require_few(len(sent))
    stored = []
    for name, content in sent:
        clean = await intake.inspect(content, name)
        digest = hashlib.sha256(clean.content).hexdigest()
        async with transaction():
            await intake.keep([clean], purpose=purpose, subject=matter)
            await verbs.keep_upload(by.enterprise, digest, len(clean.content), by=by.id)
        stored.append(digest)
    return stored


async def _require_uploads(files: Sequence[str], purpose: str, matter: UUID, by: Member) -> list[str]:
    """Each once, all handed in by this enterprise with this form. Raises ``NotFound`` for any other hash, ``Invalid`` for too many."""
    wanted = list(dict.fromkeys(files))
    there = (await list_named(purpose, {matter: wanted}))[matter]
    if set(wanted) - await claims.list_own_uploads(by.enterprise, wanted) or len(there) < len(wanted):
        raise NotFound()
    _require_few(len(wanted))
    return wanted


async def find_own_place(result: str, by: Member) -> InspectionPlace:
    """The visit behind a published result of the member's own enterprise. Raises ``NotFound`` for anybody else's."""
    inspection = await connection().fetchval("select inspection from publication where number = $1 and enterprise = $2 limit 1", result, by.enterprise)
    if inspection is None:
        raise NotFound()
    return await find_place(inspection, EVERYTHING)


def _beside(result: str, place: InspectionPlace) -> Beside:
    return Beside(result, place.id, place.department, place.county, place.enterprise, place.enterprise_name)


async def reply(result: str, response: UUID, body: str, *, seen: int, by: Member) -> int:
    """企业回应. Idempotent by ``response``. Returns the version. Raises ``NotFound``, ``Invalid``, ``OtherVersion``, ``NoRight``."""
    require_right(by, REPLY)
    async with transaction():
        place = await find_own_place(result, by)
        shows_on = (await load_book()).due_of(RESPONSE, clock.today()) + DAY
        return await responses.file(response, _beside(result, place), body, seen=seen, shows_on=shows_on, by=by.id)


async def take_reply_down(result: str, response: UUID, *, seen: int, by: Member) -> int:
    """Raises ``NotFound``, ``OtherVersion``, ``NoRight``."""
    require_right(by, REPLY)
    async with transaction():
        place = await find_own_place(result, by)
        return await responses.withdraw(response, _beside(result, place), seen=seen, by=by.id)


async def object_to(result: str, objection: UUID, grounds: str, files: Sequence[str], *, by: Member) -> str:
    """提出异议 by the enterprise itself. Idempotent by ``objection``. Returns its number.

    Raises ``NotFound``, ``Invalid`` naming the field, ``ObjectionOpen``, ``Withdrawn``, ``NoRight``.
    """
    require_right(by, OBJECT)
    async with transaction():
        place = await find_own_place(result, by)
        named = await _require_uploads(files, OBJECTION, objection, by)
        return await file_within(
            place,
            objection,
            Filing(f"{by.person}（{by.position}）", await claims.find_contact(by.id), grounds[:4000], clock.today(), origin="enterprise", files=named),
            by=by.id,
        )


async def hand_evidence(order: UUID, evidence_id: UUID, note: str, files: Sequence[str], *, by: Member) -> None:
    """整改材料. Idempotent by ``evidence_id``. Raises ``NotFound``, ``OrderClosed``, ``NoFiles``, ``NoRight``."""
    require_right(by, UPLOAD)
    async with transaction():
        await orders.lock(order)
        named = await _require_uploads(files, PROOF, evidence_id, by)
        await orders.hand_evidence(evidence_id, order, enterprise=by.enterprise, note=note[:1000], files=named, by=by.id)


async def invite(code: UUID, rights: Sequence[str], *, by: Member) -> str:
    """The owner lets somebody in, by a code that is shown once. Idempotent by ``code``. Raises ``NoRight``, ``TooManyMembers``."""
    require_owner(by)
    given = rules.check_rights(rights)
    async with transaction():
        if len(await claims.list_member_ids(by.enterprise)) >= rules.MOST_MEMBERS:
            raise rules.TooManyMembers(limit=rules.MOST_MEMBERS)
        return await verbs.issue(code, by.enterprise, by.code, kind=rules.INVITE, rights=given, by=by.id)


async def revoke_invitation(code: UUID, *, by: Member) -> None:
    """Raises ``NotFound`` for anything but an invitation of the own enterprise, ``Conflict`` for one that is over."""
    require_owner(by)
    async with transaction():
        found = await claims.find_code(code)
        if found is None or found.kind != rules.INVITE:
            raise NotFound()
        await verbs.revoke(code, enterprise=by.enterprise, by=by.id)


async def change_rights(member: UUID, rights: Sequence[str], *, seen: int, by: Member) -> None:
    require_owner(by)
    async with transaction():
        await verbs.change_rights(member, rights, enterprise=by.enterprise, seen=seen, by=by.id)


async def end_person(member: UUID, *, by: Member) -> None:
    """The owner puts one of the staff out, or somebody of the staff leaves. Raises ``NotFound``, ``NoRight``."""
    if member != by.id:
        require_owner(by)
    async with transaction():
        await verbs.end_member(member, enterprise=by.enterprise, enterprise_code=by.code, by=by.id)
        await notify.forget_person(member)


async def prove_oneself(password: str, address: str, *, by: Member) -> None:
    """The present password, before anything about coming in is changed (ASVS 7.5.1). Raises ``WrongPassword``, ``TooManyAttempts``."""
    async with transaction():
        refused = await check_present(by.id, password, address)
    if refused is not None:
        raise refused


async def end_own_claim(reason: str, *, present: str, address: str, by: Member) -> None:
    """The owner gives the claim back: everybody is out. Raises ``Invalid`` without a reason, ``NoRight``, and as ``prove_oneself``."""
    require_owner(by)
    await prove_oneself(present, address, by=by)
    async with transaction():
        members = await claims.list_member_ids(by.enterprise)
        await verbs.end_claim(by.enterprise, by.code, why=reason, by=by.id)
        for member in members:
            await notify.forget_person(member)


async def change_password(password: str, *, present: str, address: str, cookie: str, by: Member) -> None:
    """All other sessions end. Raises ``Invalid``, and as ``prove_oneself``."""
    await prove_oneself(present, address, by=by)
    async with transaction():
        await verbs.change_password(by.id, password, keep_session=hash_key(cookie))
