"""Dossiers with something in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.kernel import clock
from backend.kernel.scope import Scope
from backend.registry import editing
from backend.registry.queries import list_by_codes


async def tell_histories(codes: Sequence[str], *, region: str, by: UUID) -> None:
    """Two shops have been on a list, and one has a new keeper: a dossier with something in it."""
    known, city = await list_by_codes(codes), Scope(None, region)
    first, second = (known[code] for code in codes)
    told: dict[str, Any] = {"authority": "曲靖市市场监督管理局", "document": "", "source": "国家企业信用信息公示系统", "scope": city, "by": by}
    listed, removed = clock.today() - timedelta(days=400), clock.today() - timedelta(days=90)
    listing = await editing.put_on_list(first.id, which="abnormal", ground="通过登记的住所无法联系", listed_on=listed, **told)
    await editing.take_off_list(listing, removed_on=removed, removal="已办理住所变更登记", scope=city, by=by)
    await editing.put_on_list(second.id, which="abnormal", ground="未按规定公示年度报告", listed_on=removed, **told)
    values = {name: str(getattr(first, name) or "") for name in editing.EDITABLE} | {"legal_rep": "陈立新"}
    await editing.change_enterprise(first.id, values, version=first.version, reason="登记机关变更登记通知书", scope=city, by=by)
