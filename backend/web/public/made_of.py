"""Which tables the overviews are made of: any change of one of them ends the page (docs/decisions/0040-told-once-kept-by-tables.md).

Each table needs the triggers of migration 0041; tables that note their changes for every page (migration 0032: names of places, authorities, law) are
left out. Proven by tests/web/public/test_overviews.py, which reads the tables out of what the pages ask.
"""

from __future__ import annotations

from typing import Final

_LOG: Final = ("ledger_checkpoint", "ledger_cosignature")
_ACCOUNT: Final = ("draw", "draw_replacement", "inspection")
_ITEMS: Final = ("check_item", "check_item_edition", "checklist", "checklist_draft")

HOME: Final = ("draw", "publication", *_LOG)
STATISTICS: Final = (*_ACCOUNT, "campaign", "outcome_code", "publication", "rectification_order")
DRAWS: Final = (*_ACCOUNT, "campaign", "campaign_item", "check_item")
DRAW: Final = (*_ACCOUNT, "draw_substitution", "publication")
PLANS: Final = ("annual_plan", "plan_edition")
PLAN: Final = (*PLANS, *_ITEMS, "campaign", "campaign_item", "draw", "inspection", "plan_campaign", "plan_line")
RESULTS: Final = (*_ITEMS, "outcome_code", "publication")
LISTS: Final = ("enterprise", "enterprise_listing")
DATA: Final = ("publication",)
EVERY: Final = tuple(sorted({*HOME, *STATISTICS, *DRAWS, *DRAW, *PLAN, *RESULTS, *LISTS, *DATA}))
