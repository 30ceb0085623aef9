"""Claims 企业认领: an enterprise's own people, the one-time codes by which they come in, their sessions, passkeys and uploads.

An enterprise's person is no office account: tables, cookie and passkeys are of this room's own, and one session reaches one enterprise.
Governing rules: 个人信息保护法 6 and 51 (as little as is needed, sealed), 行政处罚法 7 (the party states its case). Ledger events:
``claim.issued``, ``claim.revoked``, ``claim.claimed``, ``claim.changed``, ``claim.ended``. None of them holds a name or a telephone number.
"""
