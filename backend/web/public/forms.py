"""What the forms of strangers have in common: a refusal in the reader's words, and the form's own id."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from backend.kernel.errors import DomainError, Invalid
from backend.web.shared.i18n import get_locale


def say(error: DomainError, names: Mapping[str, str]) -> tuple[str, str]:
    """(what is wrong, the field that it is about or nothing). ``names``: field -> what the page calls it."""
    if not isinstance(error, Invalid):
        return error.message(get_locale()), ""
    field = str(error.fields["field"])
    name = names.get(field, field)
    if get_locale() == "zh":
        return name + ("" if name.endswith("？") else "：") + str(error.fields["why_zh"]), field
    return name + (" " if name.endswith("?") else ": ") + str(error.fields["why_en"]), field


def form_id(text: object) -> UUID:
    """The id under which a second click does nothing more; a form without one gets it now."""
    try:
        return UUID(str(text))
    except ValueError:
        return uuid4()
