"""What the fields of a plan's line say in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.items.queries import list_register
from backend.registry import queries as registry
from backend.web.console import campaign_form, labels
from backend.web.console.labels import Places
from backend.web.shared.i18n import _, get_locale, pick


@dataclass(frozen=True, slots=True)
class PlanWords:
    places: Places
    items: dict[str, str]
    industries: dict[str, str]

    @classmethod
    async def load(cls) -> PlanWords:
        return cls(
            await labels.load_places(),
            {i.code: pick(i, "name") for i in await list_register()},
            {i.code: pick(i, "name") for i in await registry.list_industries()},
        )

    def item(self, code: str) -> str:
        return self.items.get(code, code)

    def __call__(self, field: str, value: Any) -> str:
        """A value as ``planning.rules.values_of`` has it."""
        mark = "、" if get_locale() == "zh" else ", "
        if field == "rates":
            return campaign_form.say_rates(value)
        if field == "items":
            return mark.join(map(self.item, value)) or "-"
        if field == "industries":
            return mark.join(self.industries.get(c, c) for c in value) or _("全部")
        if field in ("partners", "counties"):
            return mark.join(map(self.places, value)) or "-"
        return "-" if value in (None, "") else str(value)
