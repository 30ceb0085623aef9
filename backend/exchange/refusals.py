"""Why a file cannot be used as a whole."""

from __future__ import annotations

from backend.kernel.errors import DomainError


class FileUnreadable(DomainError):
    """The file as a whole cannot be used; ``why_zh``/``why_en`` say what to do about it."""

    code = "file-unreadable"
    status = 422
    zh = "无法读取文件“{filename}”：{why_zh}"
    en = "The file “{filename}” cannot be read: {why_en}"


class HeaderNotFound(DomainError):
    """No row names enough of the layout's fields; ``expected`` lists their titles."""

    code = "header-not-found"
    status = 422
    zh = "文件“{filename}”前 30 行中没有找到表头，表头应包含：{expected}"
    en = "No header row within the first 30 rows of “{filename}”; it should contain: {expected}"


def bad(filename: str, zh: str, en: str) -> FileUnreadable:
    return FileUnreadable(filename=filename, why_zh=zh, why_en=en)
