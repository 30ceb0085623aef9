"""Outbound 外发请求: the one way by which this system calls an address that a person typed (SSRF guard). Group robots and webhooks go by it.

Owns no tables, writes no ledger events.
"""
