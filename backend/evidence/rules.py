"""What may be kept as evidence. Pure."""

from __future__ import annotations

import io
import json
import re

from PIL import Image, UnidentifiedImageError

from backend.kernel.errors import Conflict, DomainError

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000  # a decompression bomb is refused before it is decoded
IMAGE_TYPES = {"JPEG": "image/jpeg", "WEBP": "image/webp", "PNG": "image/png"}
STROKES_TYPE = "application/json"


class TooLarge(DomainError):
    code = "too-large"
    status = 413
    zh = "文件超过 20 MB"
    en = "The file is larger than 20 MB"


class HashMismatch(DomainError):
    code = "hash-mismatch"
    status = 422
    zh = "文件内容与其指纹不符，请重新发送"
    en = "The file's content does not have its hash: send it again"


class NotEvidence(DomainError):
    code = "not-evidence"
    status = 422
    zh = "只接受照片或签名数据"
    en = "Only photos and signature data are accepted"


class Busy(DomainError):
    code = "upload-busy"
    status = 503
    zh = "这个文件正在上传，请稍后再试"
    en = "This file is being uploaded: try again in a moment"


class OffsetMismatch(Conflict):
    code = "offset-mismatch"
    zh = "续传位置不符，应从 {offset} 开始"
    en = "The upload continues at {offset}"


def is_sha256(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def media_type_of(content: bytes) -> str:
    """The type by content, never by name or header. Raises ``NotEvidence``."""
    if content[:1] == b"{":
        try:
            json.loads(content)
        except ValueError as e:
            raise NotEvidence() from e
        return STROKES_TYPE
    try:
        with Image.open(io.BytesIO(content), formats=list(IMAGE_TYPES)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NotEvidence()
            kind = IMAGE_TYPES[image.format or ""]
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, Image.DecompressionBombError) as e:
        raise NotEvidence() from e
    return kind
