"""认领码信函: one page for each enterprise, its code in large letters, what it is for, until when. A PDF comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backend.kernel import clock
from backend.notices import papers
from backend.usecases.claiming import Letter
from backend.web.shared import qr
from backend.web.shared.i18n import _, get_locale
from backend.web.shared.papers import _row, _svg


async def letters_pdf(letters: Sequence[Letter], authority: str) -> bytes:
    """``authority``: who writes, in the reader's language. At least one letter."""
    now = clock.now()

    def day(letter: Letter) -> str:
        return f"{letter.expires_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}"

    data = {
        "lang": get_locale(),
        "title": _("企业认领码告知函"),
        "authority": authority,
        "number": "",
        "missing-note": _("本机字体缺少下列字符，以其编号代替，以电子记录为准："),
        "foot": _("本函含一次性认领码，请当面拆阅，勿转交他人。"),
        "day": f"{now.astimezone(clock.BEIJING):%Y-%m-%d}",
        "opening": _(
            "凭下面的认领码，你单位可以在本平台认领自己的企业页：查看全部检查文书和抽取证明、打开本企业的信用风险分类、"
            "在公示结果旁回应、提出异议、提交整改材料，并授权同事使用。认领自愿、免费。"
        ),
        "code-name": _("认领码"),
        "steps-title": _("怎样认领"),
        "steps": [
            _("用手机扫右下角的二维码，或者打开 %(address)s。", address=qr.claim_address()),
            _("输入认领码，核对企业名称，填写姓名、职务、手机号并设定密码。"),
            _("本机关工作人员不会向您索要认领码或密码。如非本单位收到，请销毁本函。"),
        ],
        "qr-label": _("扫码认领"),
        "letters": [
            {
                "code": letter.code,
                "rows": [
                    _row(_("企业"), letter.enterprise.name, letter.enterprise.code),
                    _row(_("地址"), letter.enterprise.address),
                    _row(_("有效期至"), day(letter)),
                ],
                "qr": _svg(qr.claim_address(letter.code)),
            }
            for letter in letters
        ],
    }
    return await asyncio.to_thread(papers.render, "letter", data, {}, now)
