"""Spreadsheets that a page hands out to be kept: their media type, and a name that survives being Chinese."""

from __future__ import annotations

from urllib.parse import quote

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(filename: str) -> dict[str, str]:
    """The header that makes a browser keep an answer under ``filename`` (RFC 6266: in UTF-8)."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(filename)}"}
