"""Placards 企业码牌: the codes that an office issues for the doors of enterprises, each signed, numbered and revocable.

A code leads to the enterprise's public page. Governing rules: 扫码入企 (the officer scans before starting), 国办发〔2024〕54号 (an enterprise
may see who inspects it and how often). Ledger events: ``placard.issued``, one a batch, and ``placard.revoked``. The room stands below the
register and knows enterprises by id alone; what is printed on a placard is kept as it was printed.
"""
