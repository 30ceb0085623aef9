"""Exchange 数据交换: the spreadsheets that offices really have, read and written; import batches and their rows.

Governing rules: 双公示 column editions (国家发展改革委), GB 18030 and RFC 4180 as Excel interprets them. Files are read by
content, never by name; a row is never dropped without saying so. Ledger events: ``registry.imported``.
"""
