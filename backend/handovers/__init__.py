"""Handovers 抄告与移送: a matter told to another department, which acknowledges it, or handed to the case unit 办案机构.

Governing rules: 行政处罚法 22-25 (competence), 国发〔2019〕5号 (results are shared). Ledger events: ``handover.sent``, ``handover.acknowledged``.
"""
