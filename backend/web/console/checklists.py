"""检查表: the editor of the next version with its preview on a phone, the published versions and what changed between them.

The whole checklist is one form, and every button sends all of it: nothing typed is lost, and all works without JavaScript.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Redirect, Template

from backend.history.rules import ChangedByOther
from backend.items import queries
from backend.items.checklist_rules import TYPED, TYPES, Problem, Step, build, diff, empty, next_id
from backend.items.checklist_rules import Typed as TypedQuestion
from backend.items.checklists import NotReady
from backend.items.queries import RegisterRow
from backend.kernel.errors import DomainError, Forbidden, Invalid, NotFound
from backend.people.rules import MANAGER, Principal
from backend.usecases import edit_items
from backend.web.console import editing
from backend.web.console.editing import Box, Difference
from backend.web.shared.i18n import _, get_locale, pick, words
from backend.web.shared.pages import page

MANAGERS = {"access": frozenset({MANAGER})}
MOST = 200


def field_names() -> dict[str, str]:
    return {
        "id": _("编号"),
        "type": _("题型"),
        "zh": _("问题（中文）"),
        "en": _("问题（英文）"),
        "law": _("法律依据"),
        "photo": _("何时须拍照"),
        "required": _("必填"),
        "unit": _("单位"),
        "min": _("下限"),
        "max": _("上限"),
        "options": _("选项"),
        "show_q": _("仅当此题"),
        "show_is": _("答案为"),
        "guide_zh": _("检查方法（中文）"),
        "guide_en": _("检查方法（英文）"),
        "phrases": _("常用说法"),
    }


def _types() -> list[tuple[str, str]]:
    return list(words(TYPES).items())


def _read(form: FormMultiDict) -> tuple[str, str, list[TypedQuestion]]:
    """(title in Chinese, in English, the questions as typed), in the order of the page."""
    text = str(form.get("count", "0"))
    count = min(int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0, MOST)
    questions = [{name: editing.clean(form.get(f"q.{n}.{name}")) for name in TYPED} for n in range(count)]
    return editing.clean(form.get("title_zh")), editing.clean(form.get("title_en")), questions


def _act(act: str, questions: list[TypedQuestion], taken: Sequence[str]) -> str:
    """Do to the questions what a button says; gives the id of the question to look at afterwards."""
    what, _colon, about = act.partition(":")
    if what == "add" and about in TYPES and len(questions) < MOST:
        made = empty(next_id([*taken, *(q["id"] for q in questions)]), about)
        questions.append(made)
        return made["id"]
    n = int(about) if about.isascii() and about.isdigit() and len(about) < 5 else -1
    if not 0 <= n < len(questions):
        return ""
    id_ = questions[n]["id"]
    if what == "up" and n > 0:
        questions[n - 1], questions[n] = questions[n], questions[n - 1]
    elif what == "down" and n + 1 < len(questions):
        questions[n + 1], questions[n] = questions[n], questions[n + 1]
    elif what == "delete":
        del questions[n]
        return questions[min(n, len(questions) - 1)]["id"] if questions else ""
    return id_


async def _editor(
    item: RegisterRow,
    title: tuple[str, str],
    questions: list[TypedQuestion],
    *,
    version: int,
    base: int,
    error: str = "",
    differences: list[Difference] | None = None,
    note: str = "",
    status: int = 200,
) -> Template:
    built, problems = build(questions)
    by_number: dict[int, list[Problem]] = {}
    for problem in problems:
        by_number.setdefault(problem.number, []).append(problem)
    published = next((v for v in await queries.list_versions(item.code) if v.version == base), None)
    return page(
        "console/checklist_edit.html",
        status_code=status,
        item=item,
        title_zh=title[0],
        title_en=title[1],
        questions=questions,
        version=version,
        base=base,
        by_number=by_number,
        problems=problems,
        names=field_names(),
        types=_types(),
        steps=diff(published.questions, built) if published else [],
        error=error,
        differences=differences,
        note=note,
        **_screen(item, built),
    )


def _screen(item: RegisterRow, questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the phone's frame shows. Questions with a condition are shown with it, for a preview has no answers."""
    numbers = {q["id"]: n for n, q in enumerate(questions, 1)}
    optional = dict.fromkeys(("show_if", "guidance", "suggestions", "photo_required_when", "unit", "min", "max", "options"))
    return {"shown": [optional | q for q in questions], "numbers": numbers, "screen_title": pick(item, "name"), "basis": item.legal_basis, "lang": get_locale()}


async def _require_editable(who: Principal, code: str) -> RegisterRow:
    item = await queries.find_item(code)
    if not edit_items.may_edit(who, item.department):
        raise Forbidden()
    return item


@get("/items/{code:str}/checklist", opt=MANAGERS)
async def show_editor(request: Request[Any, Any, Any], code: FromPath[str]) -> Template:
    item = await _require_editable(request.user, code)
    draft = await queries.find_draft(code)
    if draft is None:
        raise NotFound()
    return await _editor(item, (draft.title_zh, draft.title_en), draft.questions, version=draft.version, base=draft.base)


@post("/items/{code:str}/checklist/open", opt=MANAGERS, status_code=303)
async def open_editor(request: Request[Any, Any, Any], code: FromPath[str]) -> Redirect:
    await edit_items.open_draft(code, by=request.user)
    return Redirect(f"/console/items/{code}/checklist", status_code=303)


def _summary(question: TypedQuestion) -> str:
    names = field_names()
    return "；".join(f"{names[name]}：{question[name]}" for name in TYPED if question.get(name) and name != "id") or "-"


def _compare(e: ChangedByOther, title: tuple[str, str], questions: list[TypedQuestion]) -> list[Difference]:
    theirs = e.theirs["questions"]
    found = [
        Difference(label, a, b, a != b)
        for label, a, b in ((_("标题（中文）"), e.theirs["title_zh"], title[0]), (_("标题（英文）"), e.theirs["title_en"], title[1]))
    ]
    mine = {q["id"]: _summary(q) for q in questions}
    other = {q["id"]: _summary(q) for q in theirs}
    for id_ in dict.fromkeys([*mine, *other]):
        a, b = other.get(id_, _("（没有此题）")), mine.get(id_, _("（没有此题）"))
        if a != b:
            found.append(Difference(_("问题 %(id)s", id=id_), a, b, True))
    order = ["、".join(q["id"] for q in side) for side in (theirs, questions)]
    if order[0] != order[1]:
        found.append(Difference(_("题目顺序"), order[0], order[1], True))
    return found


@post("/items/{code:str}/checklist", opt=MANAGERS, status_code=303)
async def save(request: Request[Any, Any, Any], code: FromPath[str]) -> Template | Redirect:
    who: Principal = request.user
    item = await _require_editable(who, code)
    draft = await queries.find_draft(code)
    if draft is None:
        raise NotFound()
    form = await request.form()
    title_zh, title_en, questions = _read(form)
    act, note = str(form.get("act", "save")), editing.clean(form.get("note"))
    where = f"/console/items/{code}/checklist"
    try:
        version = editing.version_of(form)
        if act == "drop":
            await edit_items.drop_draft(code, version=version, by=who)
            return Redirect(f"/console/items/{code}", status_code=303)
        taken = [q["id"] for v in await queries.list_versions(code) for q in v.questions]
        at = _act(act, questions, taken)
        version = await edit_items.save_draft(code, title_zh, title_en, questions, version=version, by=who)
        if act == "publish":
            await edit_items.publish_checklist(code, note, version=version, by=who)
            return Redirect(f"/console/items/{code}", status_code=303)
    except ChangedByOther as e:
        differences = _compare(e, (title_zh, title_en), questions)
        said: dict[str, Any] = {"error": e.message(get_locale()), "differences": differences, "note": note}
        return await _editor(item, (title_zh, title_en), questions, version=e.version, base=draft.base, status=e.status, **said)
    except (NotReady, Invalid) as e:
        return await _refused(item, (title_zh, title_en), questions, draft.base, e, note, code)
    return Redirect(f"{where}#{at}" if at else where, status_code=303)


async def _refused(item: RegisterRow, title: tuple[str, str], questions: list[TypedQuestion], base: int, e: DomainError, note: str, code: str) -> Template:
    boxes = [Box("note", _("本版变更")), Box("title_zh", _("标题（中文）")), Box("title_en", _("标题（英文）"))]
    now = await queries.find_draft(code)
    return await _editor(item, title, questions, version=now.version if now else 0, base=base, error=editing.message(e, boxes)[1], note=note, status=e.status)


@post("/items/{code:str}/checklist/preview", opt=MANAGERS, status_code=200)
async def show_preview(request: Request[Any, Any, Any], code: FromPath[str]) -> Template:
    item = await _require_editable(request.user, code)
    _zh, _en, questions = _read(await request.form())
    return page("console/_checklist_phone.html", **_screen(item, build(questions)[0]))


def _said(step: Step) -> str:
    return {"added": _("新增"), "removed": _("删除"), "changed": _("修改"), "moved": _("移动")}[step.what]


@get("/items/{code:str}/versions/{number:int}")
async def show_version(request: Request[Any, Any, Any], code: FromPath[str], number: FromPath[int]) -> Template:
    item = await queries.find_item(code)
    versions = {v.version: v for v in await queries.list_versions(code)}
    if number not in versions:
        raise NotFound()
    this, before = versions[number], versions.get(number - 1)
    return page(
        "console/checklist.html",
        item=item,
        this=this,
        before=before,
        latest=max(versions),
        steps=diff(before.questions, this.questions) if before else [],
        said=_said,
        names=field_names(),
        types=dict(_types()),
        **_screen(item, this.questions),
    )


HANDLERS = [show_editor, open_editor, save, show_preview, show_version]
