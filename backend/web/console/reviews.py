"""审核公示: the queue of records, and one record beside its photos and signatures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from backend.evidence import queries as evidence_queries
from backend.evidence import service as evidence
from backend.evidence.store import THUMBNAIL
from backend.inspections import caps
from backend.inspections import queries as inspections
from backend.inspections import submission_queries as records
from backend.inspections.record_rules import content_hash, is_within
from backend.items.queries import list_outcomes
from backend.kernel.errors import DomainError, NotFound
from backend.ledger.queries import find_receipt
from backend.people import queries as people
from backend.people.rules import ADMIN, AUDITOR, REVIEWER, Principal
from backend.registry.queries import list_by_codes
from backend.usecases.close_record import waive
from backend.usecases.record_file import build_record_file
from backend.usecases.record_team import read_team
from backend.usecases.review_submission import approve_submission, return_submission
from backend.web.console import attachments, labels, team, versions
from backend.web.console.paging import cut, read_place
from backend.web.shared.evidence_files import send_evidence
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.pages import page
from backend.web.shared.record_words import Words

READERS = {"access": frozenset({REVIEWER, ADMIN, AUDITOR})}
REVIEWERS = {"access": frozenset({REVIEWER})}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its answer in words and the photos beside it."""

    text: str
    value: str
    kind: str
    note: str
    law: str
    photos: list[attachments.Photo]
    voices: list[attachments.Voice]
    place: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signer; ``paths`` are SVG path data over a box of ``width`` x ``height``."""

    name: str
    role: str
    refused: str
    width: int
    height: int
    paths: list[str]
    fits: bool


def queue_states() -> dict[str, str]:
    return {"submitted": _("待审核"), "returned": _("已退回"), "approved": _("已通过")}


@get("/reviews", opt=READERS)
async def list_records(request: Request[Any, Any, Any], show: FromQuery[str] = "submitted", after: FromQuery[str] = "") -> Template:
    states = queue_states()
    chosen = show if show in states else "submitted"
    found = await records.list_queue(request.user.scope, chosen, after=read_place(after), limit=records.QUEUE_PAGE + 1)
    rows, next_href = cut(found, records.QUEUE_PAGE, "/console/reviews", show=chosen)
    return page(
        "console/reviews.html",
        rows=rows,
        next_href=next_href,
        chosen=chosen,
        queue=states,
        places=await labels.load_places(),
    )


def _value(question: dict[str, Any], value: object) -> tuple[str, str]:
    """An answer in words, and the kind of its badge."""
    if question["type"] == "yes_no_na":
        return {"yes": (_("是"), "good"), "no": (_("否"), "bad"), "na": (_("不适用"), "")}.get(str(value), ("-", ""))
    if question["type"] == "choice":
        for option in question["options"]:
            if option["value"] == value:
                return option["zh" if get_locale() == "zh" else "en"], ""
    if question["type"] == "number" and value:
        return f"{value} {question.get('unit') or ''}".strip(), "" if is_within(question, str(value)) else "warn"
    return str(value or "-"), ""


async def _signatures(record: dict[str, Any]) -> list[Signature]:
    shown = content_hash(record)
    found = []
    for signer in record["signers"]:
        sha256 = record["strokes_sha256"].get(signer["key"])
        strokes: dict[str, Any] = {"w": 1, "h": 1, "strokes": [], "content_sha256": shown}
        if sha256:
            strokes = json.loads(await evidence.read(sha256))
        paths = ["M" + " L".join(f"{int(x)} {int(y)}" for x, y, _t in stroke) for stroke in strokes["strokes"] if stroke]
        refused = f"{signer.get('reason')}（{_('见证人')}：{signer.get('witness')}）" if signer.get("refused") else ""
        found.append(
            Signature(signer["name"], signer["role"], refused, int(strokes["w"]), int(strokes["h"]), paths, strokes["content_sha256"] == shown)
        )
    return found


async def _show(submission: UUID, who: Principal, *, error: str = "", status: int = 200, comment: str = "") -> Template:
    view = await records.find_record(submission, who.scope)
    record = view.record
    checklists = {str(c.id): c for c in await records.list_checklists([UUID(i["checklist"]) for i in record["items"]])}
    items = {i.code: i for i in await inspections.list_campaign_items(view.campaign)}
    enterprise = (await list_by_codes([view.enterprise_code])).get(view.enterprise_code)
    photos = attachments.photos_of(record, (enterprise.lat_e7, enterprise.lon_e7) if enterprise else (None, None))
    voices = attachments.voices_of(record)
    sections = []
    for item in record["items"]:
        given = {a["q"]: a for a in item["answers"]}
        answers = []
        for question in checklists[item["checklist"]].questions:
            if question["id"] not in given:
                continue
            value, kind = _value(question, given[question["id"]]["value"])
            answers.append(
                Answer(
                    question["zh" if get_locale() == "zh" else "en"],
                    value,
                    kind,
                    given[question["id"]].get("note") or "",
                    question.get("law") or "",
                    photos.pop((item["item"], question["id"]), []),
                    voices.pop((item["item"], question["id"]), []),
                    (item["item"], question["id"]),
                )
            )
        sections.append((items[item["item"]], answers))
    outcomes = {o.code: o for o in await list_outcomes(since=date.min)}
    review = await records.find_review(submission)
    sealing = (await people.list_inspectors_of_accounts([view.submitted_by])).get(view.submitted_by)
    questions = {(i["item"], q["id"]): q for i in record["items"] for q in checklists[i["checklist"]].questions}
    words = Words(questions, outcomes, _value)
    before, after = await records.find_neighbours(view.id, who.scope)
    return page(
        "console/review.html",
        status_code=status,
        error=error,
        comment=comment,
        view=view,
        record=record,
        sections=sections,
        other_photos=[photo for group in photos.values() for photo in group],
        other_voices=[voice for group in voices.values() for voice in group],
        times={"started": attachments.moment_of(record.get("started_t_dev")), "scanned": attachments.moment_of(record["scan"].get("t_dev"))},
        position=attachments.position_words(record["gps"]),
        outcomes=[outcomes[c] for c in record["outcomes"]],
        signatures=await _signatures(record),
        team=team.show(await read_team(view), record, sealing=str(sealing), words=words),
        receipt=await find_receipt(view.entry_id),
        beyond=await caps.find_beyond(view.inspection),
        submitted_by=await people.find_account_name(view.submitted_by),
        brought_by=await people.find_account_name(view.brought_by) if view.brought_by else "",
        review=review,
        reviewer=await people.find_account_name(review.reviewer) if review else "",
        queue=queue_states(),
        scans=_scans(),
        compared=await versions.compare_with_returned(view, who.scope, words, _scans()),
        before=before,
        after=after,
        places=await labels.load_places(),
        may_decide=who.role == REVIEWER and view.state == "submitted",
    )


def _scans() -> dict[str, str]:
    return {
        "qr": _("扫企业码"),
        "licence": _("扫营业执照码"),
        "typed": _("输入代码"),
        "photo": _("识别照片"),
        "backfill": _("补录"),
    }


@get("/reviews/{submission:uuid}", opt=READERS)
async def show_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Template:
    return await _show(submission, request.user)


@get("/reviews/{submission:uuid}/evidence/{sha256:str}", opt=READERS)
async def show_evidence(
    request: Request[Any, Any, Any], submission: FromPath[UUID], sha256: FromPath[str], small: FromQuery[bool] = False
) -> Response[Any]:
    """A file of this very record. The original's type comes from its content, never from its sender."""
    await records.find_record(submission, request.user.scope)
    blob = await evidence_queries.find_blob(sha256)
    if blob is None or not await records.is_evidence_of(submission, sha256):
        raise NotFound()
    if small and blob.has_thumbnail:
        return await send_evidence(sha256 + THUMBNAIL, "image/webp")
    return await send_evidence(sha256, blob.media_type)


@get("/reviews/{submission:uuid}/record.zip", opt=READERS)
async def download_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Response[bytes]:
    """The record as a file that proves itself (``sunlot record verify``)."""
    content = await build_record_file(submission, by=request.user)
    headers = {"Content-Disposition": f'attachment; filename="{submission}.zip"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


@post("/reviews/{submission:uuid}/return", opt=REVIEWERS, status_code=200)
async def return_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Template | Redirect:
    comment = str((await request.form()).get("comment", ""))
    try:
        await return_submission(submission, comment, by=request.user)
    except NotFound:
        raise
    except DomainError as e:
        return await _show(submission, request.user, error=e.message(get_locale()), status=e.status, comment=comment)
    return Redirect("/console/reviews", status_code=303)


@post("/reviews/{submission:uuid}/approve", opt=REVIEWERS, status_code=200)
async def approve_record(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Template | Redirect:
    comment = str((await request.form()).get("comment", ""))
    try:
        number = await approve_submission(submission, comment, by=request.user)
    except NotFound:
        raise
    except DomainError as e:
        return await _show(submission, request.user, error=e.message(get_locale()), status=e.status, comment=comment)
    return Redirect(f"/results/{number}", status_code=303)


@post("/reviews/{submission:uuid}/waive", opt=REVIEWERS, status_code=200)
async def waive_awaited(request: Request[Any, Any, Any], submission: FromPath[UUID]) -> Template | Redirect:
    """A part or a co-signature will never come: the reviewer says why."""
    form = await request.form()
    try:
        inspector = UUID(str(form.get("inspector", "")))
        await waive(submission, inspector=inspector, what=str(form.get("what", "")), reason=str(form.get("reason", ""))[:500], by=request.user)
    except NotFound:
        raise
    except ValueError:
        return Redirect(f"/console/reviews/{submission}", status_code=303)
    except DomainError as e:
        return await _show(submission, request.user, error=e.message(get_locale()), status=e.status)
    return Redirect(f"/console/reviews/{submission}#officers", status_code=303)


HANDLERS = [list_records, show_record, show_evidence, download_record, waive_awaited, return_record, approve_record]
