"""Backups 备份: everything that this installation cannot make again, taken while it works, and put back elsewhere.

Governing rule: 数据安全法 27 (technical measures that keep data whole). One folder holds all backups: each has its dump of the database,
its keys sealed to age recipients and its uploads; evidence lies beside them once, under its hash. Writes no ledger events: a copy changes nothing.
"""
