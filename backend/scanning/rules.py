"""What a scanner's answer means (clamd's protocol: https://docs.clamav.net/manual/Usage/ClamdProtocol.html). Pure. Proven by tests/rooms/test_scanning.py."""

from __future__ import annotations

from backend.kernel.errors import DomainError


class NotScanned(DomainError):
    """The file was not taken: what stands in it, or that nobody could look."""


class Infected(NotScanned):
    code = "file-infected"
    status = 422
    zh = "病毒扫描发现可疑内容，文件未接收"
    en = "The virus scanner found something in the file: it was not taken"


class TooLargeToScan(NotScanned):
    code = "file-too-large-to-scan"
    status = 413
    zh = "文件超过病毒扫描服务的上限，未接收：请拆分文件，或请管理员调高 clamd 的 StreamMaxLength"
    en = "The file is larger than the virus scanner takes: split it, or have the administrator raise clamd's StreamMaxLength"


class ScannerAway(NotScanned):
    code = "scanner-away"
    status = 503
    zh = "病毒扫描服务暂时不可用，文件未接收，请稍后再试；已填写的内容没有丢失"
    en = "The virus scanner does not answer, so the file was not taken: please try again later; what you typed is not lost"


def judge(answer: bytes) -> None:
    """``answer``: what clamd says of a stream, without its end. Returns for a clean file. Raises ``Infected``, ``TooLargeToScan``, ``ScannerAway``."""
    words = answer.decode(errors="replace").strip()
    if words == "stream: OK":
        return
    if words.startswith("stream: ") and words.endswith(" FOUND"):
        raise Infected()
    if "size limit exceeded" in words:
        raise TooLargeToScan()
    raise ScannerAway()
