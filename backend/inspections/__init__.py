"""Inspections 检查: item list, checklists, campaigns 抽查任务, inspections, submissions and their review.

Governing rules: 国发〔2019〕5号 (双随机、一公开), 行政处罚法 42-55. Ledger events: ``campaign.created``,
``inspection.dispatched``, ``inspection.received``, ``inspection.submitted``, ``inspection.returned``, ``inspection.approved``.
"""
