"""Scanning 病毒扫描: the office's virus scanner, asked about each file before anybody opens it. Optional; without the setting ``CLAMD`` nothing is asked.

Governing rule: docs/decisions/0038-a-scanner-that-is-away.md; OWASP ASVS 5.0, 5.4.3. Owns no tables, writes no ledger events.
"""
