"""Planning 年度抽查工作计划: what a department means to inspect in a year, line by line, through its approval chain, edition by edition.

Governing rules: 国发〔2019〕5号 and 国市监信发〔2020〕111号 (a yearly plan, made, approved and published). The chain of approval is a dated table.
Ledger events: ``plan.drafted``, ``plan.submitted``, ``plan.decided``, ``plan.published``, ``plan.dropped``, ``plan.begun``.
"""
