"""Forecast 负荷预测: how many visits officers and counties are to expect, and which enterprises would be inspected too often, before it happens.

Governing rules: 国办发〔2024〕54号 (yearly caps); norms of work by dated table. Reads only, so no ledger events; it owns no table.
"""
