"""投诉举报: the form, the code that is shown once, and the page that a code opens. No script, no account, no picture puzzle."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from backend.intake.rules import MAX_BYTES
from backend.kernel import clock
from backend.kernel.errors import DomainError, Invalid, NotFound
from backend.people.queries import list_departments
from backend.registry.queries import EnterpriseView, find_by_token, list_by_codes
from backend.tips import queries, rules
from backend.tips.rules import Filing
from backend.usecases import tips
from backend.usecases.tips import Followed
from backend.web.public.forms import form_id, say
from backend.web.public.places import load_counties
from backend.web.shared import limits
from backend.web.shared.i18n import _, pick, words
from backend.web.shared.pages import page
from backend.web.shared.session import client_address
from backend.web.shared.uploads import MAX_BODY, sent_files

TRAP = "website"  # people do not see it; programs fill it in


def names() -> dict[str, str]:
    return {
        "category": _("反映的问题"),
        "enterprise_name": _("企业名称、招牌或统一社会信用代码"),
        "accused": _("执法人员姓名、证号，或部门名称"),
        "county": _("区县"),
        "place": _("具体地点"),
        "text": _("事情经过"),
        "photos": _("照片"),
        "name": _("姓名"),
        "phone": _("联系电话"),
        TRAP: _("请勿填写"),
    }


async def _show(typed: dict[str, str], *, enterprise: EnterpriseView | None, token: str = "", error: DomainError | None = None) -> Template:
    message, wrong = say(error, names()) if error else ("", "")
    return page(
        "public/complain.html",
        status_code=error.status if error else 200,
        enterprise=enterprise,
        token=token,
        typed=typed,
        names=names(),
        categories=await queries.list_categories(clock.today()),
        tracks=words(rules.TRACKS),
        counties=await load_counties(),
        form_id=form_id(typed.get("id")),
        most_photos=rules.MOST_PHOTOS,
        longest=rules.LONGEST,
        trap=TRAP,
        error=message,
        wrong=wrong,
    )


async def _of_token(token: str) -> EnterpriseView:
    found = await find_by_token(token)
    if found is None:
        raise NotFound()
    return found


async def _read(form: FormMultiDict, typed: dict[str, str], enterprise: EnterpriseView | None) -> Filing:
    """A code typed for a name finds its enterprise; who chose to be anonymous is, whatever stands in the hidden fields."""
    said = typed.get("enterprise_name", "").strip()
    if enterprise is None and said:
        enterprise = (await list_by_codes([said.upper()])).get(said.upper())
    named = typed.get("identity") == "named"
    return Filing(
        category=typed.get("category", ""),
        enterprise=enterprise.id if enterprise else None,
        enterprise_code=enterprise.code if enterprise else "",
        enterprise_name=enterprise.name if enterprise else said,
        accused=typed.get("accused", "").strip(),
        county=enterprise.region if enterprise else typed.get("county", ""),
        place=typed.get("place", "").strip(),
        text=typed.get("text", "").strip(),
        name=typed.get("name", "").strip() if named else "",
        phone=typed.get("phone", "").strip() if named else "",
    )


async def _photos(form: FormMultiDict) -> list[tuple[str, bytes]]:
    files = sent_files(form, "photos")
    if len(files) > rules.MOST_PHOTOS:
        raise Invalid(field="photos", why_zh=f"照片最多 {rules.MOST_PHOTOS} 张", why_en=f"at most {rules.MOST_PHOTOS} photos")
    return [(f.filename, await f.read(MAX_BYTES + 1)) for f in files]


async def _file(request: Request[Any, Any, Any], enterprise: EnterpriseView | None, token: str) -> Template:
    form = await request.form()
    typed = {key: str(value) for key, value in form.items() if not isinstance(value, UploadFile)}
    typed["id"] = str(form_id(typed.get("id")))
    try:
        if typed.get(TRAP):
            raise Invalid(field=TRAP, why_zh="请将此栏清空后再提交", why_en="empty this field and send again")
        filing = await _read(form, typed, enterprise)
        filed = await tips.file(form_id(typed["id"]), filing, await _photos(form), address=client_address(request))
    except DomainError as e:
        return await _show(typed, enterprise=enterprise, token=token, error=e)
    return page("public/complain_done.html", number=filed.number, code=rules.show_code(filed.code))


@get("/complain")
async def show_form(enterprise: FromQuery[str] = "") -> Template:
    return await _show({"enterprise_name": enterprise[:40]}, enterprise=None)


@post("/complain", status_code=200, request_max_body_size=MAX_BODY, opt={"limit": limits.SEND})
async def file(request: Request[Any, Any, Any]) -> Template:
    return await _file(request, None, "")


@get("/e/{token:str}/complain")
async def show_form_of_enterprise(token: FromPath[str]) -> Template:
    return await _show({}, enterprise=await _of_token(token), token=token)


@post("/e/{token:str}/complain", status_code=200, request_max_body_size=MAX_BODY, opt={"limit": limits.SEND})
async def file_of_enterprise(request: Request[Any, Any, Any], token: FromPath[str]) -> Template:
    return await _file(request, await _of_token(token), token)


def states() -> dict[str, tuple[str, str]]:
    kinds = {rules.FILED: "warn", rules.ACCEPTED: "accent", rules.CLOSED: "good"}
    return {key: (pick({"zh": zh, "en": en}, ""), kinds.get(key, "")) for key, (zh, en) in rules.STATES.items()}


async def _track(typed: dict[str, str], found: Followed | None = None, error: DomainError | None = None, *, added: bool = False) -> Template:
    message, _wrong = say(error, {"text": _("补充情况")}) if error else ("", "")
    return page(
        "public/complain_track.html",
        status_code=error.status if error else 200,
        found=found,
        code=typed.get("code", ""),
        typed=typed,
        error=message,
        added=added,
        message_id=form_id(typed.get("id")) if error else uuid4(),
        states=states(),
        tracks=words(rules.TRACKS),
        departments={d.code: pick(d, "name") for d in await list_departments()},
        pick=pick,
    )


@get("/complain/track")
async def show_track() -> Template:
    return await _track({})


async def _typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    # A code is never part of an address: those are kept in histories and logs.
    return {key: str(value)[: rules.LONGEST] for key, value in (await request.form()).items()}


@post("/complain/track", status_code=200, opt={"limit": limits.SEND})
async def track(request: Request[Any, Any, Any]) -> Template:
    typed = await _typed(request)
    try:
        return await _track(typed, await tips.follow(typed.get("code", ""), address=client_address(request)))
    except DomainError as e:
        return await _track(typed, error=e)


@post("/complain/track/add", status_code=200, opt={"limit": limits.SEND})
async def add(request: Request[Any, Any, Any]) -> Template:
    typed = await _typed(request)
    code, address, found = typed.get("code", ""), client_address(request), None
    try:
        found = await tips.follow(code, address=address)
        return await _track(typed, await tips.add(code, form_id(typed.get("id")), typed.get("text", ""), address=address), added=True)
    except DomainError as e:
        return await _track(typed, found, error=e)


HANDLERS = [show_form, file, show_form_of_enterprise, file_of_enterprise, show_track, track, add]
