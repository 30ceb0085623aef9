"""Evidence 证据: immutable files (photos, voice notes, signatures) under their SHA-256, with resumable upload and thumbnails.

Governing rule: 行政处罚法 47 (the whole process is recorded). Knows no inspections. Writes no ledger events:
the record that names a file is what the ledger keeps.
"""
