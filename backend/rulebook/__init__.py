"""Rulebook 规则参数: what is fixed today and may change: holidays, yearly caps of visits, rates by credit-risk class, norms of work, how long
things are kept.

All dated, each with its source.

Governing rules: 国务院办公厅节假日安排; 国办发〔2024〕54号 (caps); 国市监信发〔2022〕6号 (rates). Ledger event: ``codebook.changed``, by the history room.
"""
