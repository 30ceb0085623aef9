"""Notices 文书: the legal documents of a visit: the inspection notice 检查通知书 with its number, and the papers that are made of records.

Governing rules: 行政处罚法 42, 43, 55 (two officers with certificates, recusal, the right to refuse); 国办发〔2024〕54号 (every inspection is
notified and states this year's count). Ledger events: ``notice.issued``, ``paper.issued``.
"""
