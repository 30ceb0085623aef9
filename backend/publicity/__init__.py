"""Publicity 公示: published results as the public reads them, in all their versions.

Governing rules: results are published within 20 working days of completion; what turns out wrong is withdrawn within 3 days
(行政处罚法 48). Ledger events: ``result.published``, ``result.corrected``, ``result.withdrawn``.
"""
