"""Storage 存储: the PostgreSQL that everything stands on.

Owns the embedded server, the safe transaction, migrations under a lock, and the outbox 发件箱 of
work that must happen after a commit (push, thumbnails). Writes no ledger events.
"""
