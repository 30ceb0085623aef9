"""Limits 限流: how often one key (a kind of request from one address, or by one account) may do something, counted in the database,
so that it holds over all processes and servers.

Governing rule: OWASP ASVS 5.0, 2.4.1 and 6.3.1. A key is stored only as a keyed hash: an address is personal data. Ledger events: none.
"""
