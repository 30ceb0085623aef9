"""Publicity 公示: published results as the public reads them.

Governing rule: results are published within 20 working days of completion. Ledger events: ``result.published``.
"""
