"""The keys of this installation's codes, one after the other: the newest that has come into force signs, all of them verify for ever.

Each is a file of ``DATA_DIR/keys``: ``placard.secret`` the first, ``placard.2.secret`` and so on. A printed card names its key nowhere; its row
does, so that its code stays the one that is printed. Lost with the folder of keys, they leave the cards looking forged: they belong into the
backup and onto every server. A new key comes into force some hours after it was made, for it must be everywhere before anybody prints by it.
Proven by tests/usecases/test_placard_keys.py.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from backend.kernel import clock
from backend.kernel.errors import DomainError
from backend.kernel.settings import settings
from backend.placards import rules
from backend.storage.keys import keep, secret

_LATER = re.compile(r"placard\.(\d+)\.secret")


class KeyMissing(DomainError):
    code = "placard-key-missing"
    status = 503
    zh = "本机缺少第 {number} 把码牌密钥，请从其他服务器或备份复制"
    en = "This machine lacks the placard key no. {number}: copy it from another server or from a backup"


@dataclass(frozen=True, slots=True)
class Key:
    number: int
    secret: bytes
    made_at: datetime
    signs_from: datetime


def _read(path: Path, number: int) -> Key:
    text, made = path.read_text("utf-8"), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if number == 1:  # a bare secret, as the first release made it
        return Key(1, text.encode(), made, datetime.min.replace(tzinfo=UTC))
    said = json.loads(text)
    return Key(number, said["secret"].encode(), datetime.fromisoformat(said["made_at"]), datetime.fromisoformat(said["signs_from"]))


@lru_cache(maxsize=2)
def _load(folder: Path, _changed: int) -> tuple[Key, ...]:
    later = sorted((int(m[1]), p) for p in folder.glob("placard.*.secret") if (m := _LATER.fullmatch(p.name)))
    return tuple(_read(path, number) for number, path in [(1, folder / "placard.secret"), *later])


def list_keys() -> tuple[Key, ...]:
    """The oldest first. Another process may have added one: the folder says when it changed."""
    folder = settings().keys_dir
    if not (folder / "placard.secret").exists():
        secret("placard")
    return _load(folder, folder.stat().st_mtime_ns)


def current() -> Key:
    """The one that signs now."""
    now = clock.now()
    return max((k for k in list_keys() if k.signs_from <= now), key=lambda k: k.number)


def rotate(after: timedelta) -> Key:
    """Make the next key; it signs when ``after`` is over. Two who ask at once get the same one."""
    number, now = list_keys()[-1].number + 1, clock.now()

    def make() -> bytes:
        made = {"secret": secrets.token_hex(32), "made_at": now.isoformat(), "signs_from": (now + after).isoformat()}
        return json.dumps(made, indent=1).encode()

    keep(f"placard.{number}.secret", make)
    return next(k for k in list_keys() if k.number == number)


def code_of(token: str, number: int | None = None) -> str:
    """A token as an address carries it, signed by the key of that number, or by the one that signs now. Raises ``KeyMissing``."""
    key = current() if number is None else next((k for k in list_keys() if k.number == number), None)
    if key is None:
        raise KeyMissing(number=number)
    return rules.sign(token, key.secret)


def read(text: str) -> tuple[str, str]:
    """As ``rules.read_code``, by whichever key."""
    verdicts = [rules.read_code(text, key.secret) for key in reversed(list_keys())]
    return next((v for v in verdicts if v[0] != rules.FORGED), verdicts[0])
