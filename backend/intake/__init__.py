"""Intake 收件: files that strangers send in with a form. Judged by content, made anew where they are pictures, kept until they are erased.

Governing rule: docs/decisions/0034-what-a-stranger-may-send.md; OWASP ASVS 5.0, chapter 5. Knows nothing of what a file is for but the word
(``purpose``) and the id (``subject``) that its owner gave. Writes no ledger events: the matter that names a file is what the ledger keeps.
"""
