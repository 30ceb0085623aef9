"""Vitals 运行状态: how the installation does: readiness, and what only the database knows of queues, log, deliveries and imports.

For operators; nothing of it names a person or an enterprise. Writes no ledger events.
"""
