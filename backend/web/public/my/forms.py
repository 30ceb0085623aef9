"""What the forms of these pages have in common: their own id, the files that came with them, the page that tells a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import FormMultiDict

from backend.claims.rules import Member
from backend.intake.queries import FileView, list_named
from backend.intake.rules import MAX_BYTES
from backend.kernel.errors import DomainError, Invalid
from backend.rectification.rules import MOST_FILES
from backend.usecases.my_acts import keep_files
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.uploads import sent_files

# Nine files of 12 MB and what stands around them; a phone without JavaScript sends them as they are.
MAX_BODY = 110 * 1024 * 1024


def read_id(text: object) -> UUID:
    """The form's own id, under which a second click does nothing more. Raises ``Invalid``."""
    try:
        return UUID(str(text))
    except ValueError as e:
        raise Invalid(field="id", why_zh="表单已失效，请刷新页面", why_en="the form is stale: reload the page") from e


def read_seen(text: object) -> int:
    """The version that the person had read. Raises ``Invalid``."""
    if not str(text).isascii() or not str(text).isdigit() or len(str(text)) > 9:
        raise Invalid(field="seen", why_zh="表单已失效，请刷新页面", why_en="the form is stale: reload the page")
    return int(str(text))


def read_text(form: FormMultiDict, name: str, longest: int = 4000) -> str:
    value = form.get(name, "")
    return value[:longest].replace("\x00", "") if isinstance(value, str) else ""


def told(error: DomainError) -> str:
    """What went wrong, with the field named as the form names it."""
    labels = {
        "person": _("姓名"),
        "position": _("职务"),
        "phone": _("手机号"),
        "password": _("密码"),
        "body": _("回应"),
        "grounds": _("异议的事实和理由"),
        "files": _("照片或 PDF"),
        "reason": _("理由"),
        "rights": _("权限"),
        "id": _("表单"),
        "seen": _("表单"),
    }
    field = error.fields.get("field")
    if isinstance(error, Invalid) and field in labels:
        return Invalid(**{**error.fields, "field": labels[str(field)]}).message(get_locale())
    return error.message(get_locale())


async def read_files(request: Request[Any, Any, Any], form: FormMultiDict, *, purpose: str, matter: UUID, typed: dict[str, Any]) -> list[str]:
    """The hashes of the files that came, behind those that came with an earlier try (``kept``). They are put into ``typed`` for the next,
    with the form's id, under which they are kept.
    """
    member: Member = request.user
    typed["id"] = matter
    typed["kept"] = list(dict.fromkeys(k for k in form.getall("kept", []) if isinstance(k, str)))[:MOST_FILES]
    for f in sent_files(form, "files")[: MOST_FILES + 1 - len(typed["kept"])]:
        # One by one: those before a bad one need not be sent again.
        stored = await keep_files([(f.filename, await f.read(MAX_BYTES + 1))], purpose=purpose, matter=matter, by=member)
        typed["kept"] = list(dict.fromkeys([*typed["kept"], *stored]))
    return list(typed["kept"])


async def list_kept(purpose: str, typed: Mapping[str, Any] | None) -> list[FileView]:
    """What an earlier try of the form has left, to be shown beside its mistake."""
    if not typed or not typed.get("kept"):
        return []
    return (await list_named(purpose, {typed["id"]: typed["kept"]}))[typed["id"]]
