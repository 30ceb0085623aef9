"""Responses 企业回应: what an enterprise says beside a published result, in its own words, shown to the public.

The office reads each version first and may keep it from the public for personal data or insults only, with its reason; what it has
not decided on when the days of the table of periods are over (clock ``response``) is shown by itself. Governing rule: 行政处罚法 7.
Ledger events: ``response.filed``, ``response.withdrawn``, ``response.decided``.
"""
