"""Objections 异议: what an enterprise says against a published result, by itself or through the office, and what the office decides.

Governing rules: 企业信息公示暂行条例 17 (20 working days, in the table of periods); whoever took part in the visit or approved its
record does not decide. Ledger events: ``objection.filed``, ``objection.decided``.
"""
