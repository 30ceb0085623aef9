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
MAX_AUDIO_BYTES = 5 * 1024 * 1024  # three minutes as any phone records speech, twice over


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
    zh = "只接受照片、录音或签名数据"
    en = "Only photos, voice notes and signature data are accepted"


class AudioTooLarge(DomainError):
    code = "too-large"
    status = 413
    zh = "录音超过 5 MB"
    en = "The voice note is larger than 5 MB"


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


def audio_type_of(content: bytes) -> str | None:
    """The type of a sound without any picture, as browsers record it: WebM, MP4 or Ogg. None for everything else.

    Only the head of a WebM or Ogg tells its tracks; in an MP4 the tracks' handlers may stand anywhere.
    """
    head = content[:4096]
    if content.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in content[:64]:
        return "audio/webm" if b"A_OPUS" in head and b"V_" not in head else None
    if content.startswith(b"OggS") and b"OpusHead" in content[:128]:
        return "audio/ogg"
    if content[4:8] == b"ftyp":
        handlers = {m[1] for m in re.finditer(rb"hdlr.{8}(....)", content, re.DOTALL)}
        return "audio/mp4" if b"soun" in handlers and b"vide" not in handlers else None
    return None


def media_type_of(content: bytes) -> str:
    """The type by content, never by name or header. Raises ``NotEvidence``, ``AudioTooLarge``."""
    if audio := audio_type_of(content):
        if len(content) > MAX_AUDIO_BYTES:
            raise AudioTooLarge()
        return audio
    if content[:1] == b"{":
        try:
            json.loads(content)
        except (ValueError, RecursionError) as e:
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
