"""Rectification 责令改正: orders to correct, the visits that follow them up (复查), and how an order closes;
what an enterprise hands in to show that it corrects (整改材料).

Governing rules: 行政处罚法 28 (the party is ordered to correct), 国办发〔2024〕54号 (a follow-up visit is counted by no yearly cap).
Ledger events: ``rectification.ordered``, ``rectification.followed``, ``rectification.judged``, ``rectification.closed``,
``rectification.evidenced``.
"""
