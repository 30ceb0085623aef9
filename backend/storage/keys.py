"""Secrets that this installation makes for itself and must keep: one file each, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from backend.kernel.settings import settings


def keep(name: str, make: Callable[[], bytes]) -> bytes:
    """The bytes kept under ``name``, made on first use. Processes that start together agree on one of them."""
    folder: Path = settings().keys_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        with NamedTemporaryFile(dir=folder, delete=False) as fresh:  # made 0600
            fresh.write(make())
            fresh.flush()
            os.fsync(fresh.fileno())
        try:
            # link, unlike rename, never replaces what another process has just put there
            Path(path).hardlink_to(fresh.name)
        except FileExistsError:
            pass
        finally:
            Path(fresh.name).unlink()
    return path.read_bytes()


def secret(name: str) -> str:
    """A random text secret of 256 bits."""
    return keep(f"{name}.secret", lambda: secrets.token_hex(32).encode()).decode()
