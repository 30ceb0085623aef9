"""What phones said of a visit, field by field, as people read it on a page and on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backend.web.shared.i18n import _, get_locale

Question = Mapping[str, Any]


class Words:
    """Fields and values of revisions as people read them. ``answer`` gives an answer's words and its badge."""

    def __init__(
        self, questions: Mapping[tuple[str, str], Question], outcomes: Mapping[str, Any], answer: Callable[[dict[str, Any], object], tuple[str, str]]
    ) -> None:
        self.questions, self.outcomes, self.answer = questions, outcomes, answer

    def _question(self, key: str) -> Question | None:
        _kind, item, question = [*key.split("/"), "", ""][:3]
        return self.questions.get((item, question))

    def field(self, key: str) -> str:
        question = self._question(key)
        if question:
            text = str(question["zh" if get_locale() == "zh" else "en"])
            return _("备注：%(what)s", what=text) if key.startswith("n/") else text
        return {"outcomes": _("检查结果"), "remark": _("说明"), "scan": _("扫码入企"), "p": _("照片"), "v": _("录音")}.get(key.split("/")[0], key)

    def value(self, key: str, value: object) -> str:
        if value in (None, "", []):
            return _("（无）")
        if key == "outcomes" and isinstance(value, list):
            name = "zh" if get_locale() == "zh" else "en"
            return "；".join(str(getattr(self.outcomes.get(c), name, c)) for c in value)
        if isinstance(value, dict) or value is True:
            return _("有")
        question = self._question(key) if key.startswith("a/") else None
        return self.answer(dict(question), value)[0] if question else str(value)
