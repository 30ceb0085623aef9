"""Items 随机抽查事项清单: check items in dated editions, their checklists in versions, and the tree of outcome codes 检查结果代码.

Governing rule: 国办发〔2015〕58号 (an item that is not on the published list is not inspected). Ledger events: ``checkitem.added``,
``checkitem.changed``, ``checkitem.imported``, ``checklist.published``, ``outcome.added``.
"""
