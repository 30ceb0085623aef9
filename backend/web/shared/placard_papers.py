"""The words on placards, in both languages at once, and the PDF that the printer gets. Called by the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from backend.kernel import clock
from backend.notices import papers
from backend.placards.queries import PlacardView
from backend.placards.rules import FORMATS
from backend.web.shared import qr
from backend.web.shared.i18n import LOCALES, _, speaking
from backend.web.shared.papers import _svg


def _words(locale: str) -> dict[str, Any]:
    with speaking(locale):
        return {
            "title": _("扫码看检查"),
            "alt": _("企业二维码"),
            "issued": _("制发机关"),
            "serial": _("码牌编号"),
            "warning": _("码上名称与经营者不符的，可能被冒用：请拨打 12345 或 12315。"),
            "offers": [
                _("谁来查、为何查、查出什么"),
                _("本年检查次数和上限"),
                _("核验检查人员和抽取证明"),
                _("申请回避、提出异议"),
                _("评价检查、投诉举报"),
                _("许可、处罚和名单信息"),
            ],
        }


def _draw(form: str, placards: Sequence[PlacardView]) -> bytes:
    cards = [
        {
            "qr": _svg(qr.address(p.code)),
            "name": p.enterprise_name,
            "code": p.enterprise_code,
            "address": p.address,
            "authority_zh": p.authority_zh,
            "authority_en": p.authority_en,
            "serial": p.serial,
        }
        for p in placards
    ]
    at = placards[0].issued_at if placards else clock.now()
    return papers.render("placards", {"form": form, "cards": cards, **{locale: _words(locale) for locale in LOCALES}}, {}, at)


async def render_placards(form: str, placards: Sequence[PlacardView]) -> tuple[bytes, int]:
    """(PDF, its pages); as ``usecases.placards.Renderer``."""
    pdf = await asyncio.to_thread(_draw, form, placards)
    return pdf, max(1, -(-len(placards) // FORMATS[form].per_page))
