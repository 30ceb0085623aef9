"""The one base of everything that a person may be told went wrong."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """An act that the rules refuse, with a stable code and a message in both languages.

    ``zh`` and ``en`` are ``str.format`` templates over the keyword arguments. ``status`` is the
    HTTP status that ``backend.web.shared`` maps it to (RFC 9457 problem details for JSON).
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    zh: ClassVar[str] = "操作未完成"
    en: ClassVar[str] = "The action was not completed"

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self.message("en"))

    def message(self, locale: str) -> str:
        return (self.zh if locale.startswith("zh") else self.en).format(**self.fields)


class NotFound(DomainError):
    code = "not-found"
    status = 404
    zh = "未找到该记录"
    en = "There is no such record"


class Forbidden(DomainError):
    code = "forbidden"
    status = 403
    zh = "您没有此项权限"
    en = "You may not do this"


class Conflict(DomainError):
    code = "conflict"
    status = 409
    zh = "记录已被他人更改，请刷新后重试"
    en = "The record has changed meanwhile: reload it and try again"


class Invalid(DomainError):
    """A field that cannot be accepted; ``field`` names it, ``why_zh``/``why_en`` say why."""

    code = "invalid"
    status = 422
    zh = "{field}：{why_zh}"
    en = "{field}: {why_en}"
