"""Deadlines 期限: statutory periods, dated, and the lamp that each running clock shows.

Governing rules: 行政处罚法 48 and 85 (periods of days are working days), 国发〔2019〕5号 (20 working days to publication); every period
with its source stands in a table. A change of the law is a new dated row, which ends the one before it. Ledger event:
``codebook.changed``, by the history room.
"""
