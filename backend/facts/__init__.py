"""Facts 信用信息事实: what other bodies have decided about an enterprise, as the 双公示 files tell it: penalties and permits.

Governing rules: 行政许可和行政处罚等信用信息公示 (双公示) column editions. Each fact names its source and the day on which it was so;
the same decision told again is the same fact. Facts belong to an enterprise of the register. Ledger events: ``facts.imported``,
``facts.undone``, both written by the import that brings or takes them.
"""
