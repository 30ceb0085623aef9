"""People 执法人员名录库: departments, accounts, inspectors, devices, passkeys, sessions.

Governing rule: 行政处罚法 42 (certified officers, at least two). Ledger events: ``account.created``, ``inspector.changed``,
``device.enrolled``, ``device.revoked``, ``passkey.added``, ``passkey.removed``.
"""
