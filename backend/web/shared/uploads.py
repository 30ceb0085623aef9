"""Files in strangers' forms, and how they are handed out again: ADR 0034. The rules are the room's (backend/intake)."""

from __future__ import annotations

from typing import Final

from litestar import Response
from litestar.datastructures import FormMultiDict, UploadFile

from backend.intake import rules
from backend.intake.queries import FileContent
from backend.web.shared.downloads import attachment

# For ``request_max_body_size`` of a handler that takes files, with room for the form around them.
MAX_BODY: Final = 32 * 1024 * 1024


def sent_files(form: FormMultiDict, field: str) -> list[UploadFile]:
    """Those of a multipart form's field; one that was left empty has none."""
    return [f for f in form.getall(field, []) if isinstance(f, UploadFile) and f.filename]


def answer_file(file: FileContent) -> Response[bytes]:
    """A picture to be looked at, anything else to be saved; neither can run anything or be put into another site's page."""
    headers = {
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, no-store",
    }
    if file.media_type != rules.JPEG:
        headers |= attachment(file.name)
    return Response(file.content, media_type=file.media_type, headers=headers)
