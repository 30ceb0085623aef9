"""A phone's backup as pwa/src/store/backup.js writes it, made in Python. The phone's own is imported in tests/journeys/test_alerts.py."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

from backend.cli.demo.fieldwork import Work


def entry(work: Work, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(work.submission),
        "inspection": work.record["inspection"],
        "enterprise": "某某饭店",
        "device": work.record["device"],
        "record": work.record,
        "signature": base64.urlsafe_b64encode(work.signature).decode().rstrip("="),
        "record_sha256": "",
        "sealed_at_ms": work.record["t_dev"],
        "state": "ready",
        **changed,
    }


def backup(
    entries: Iterable[dict[str, Any]], files: dict[str, bytes], *, drafts: Iterable[dict[str, Any]] = (), folder: str = "evidence", **changed: Any
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}", content)
        manifest = {
            "v": 1,
            "kind": "sunlot-unsent",
            "at_ms": 1_790_000_100_000,
            "officer": {"id": "x", "username": "inspector", "name": "李明"},
            "submissions": list(entries),
            "drafts": list(drafts),
            **changed,
        }
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False))
    return out.getvalue()
