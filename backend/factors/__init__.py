"""Factors 第二验证: what an account shows beside its password: an authenticator app's codes, recovery codes; sign-ins that wait for one.

Governing rule: OWASP ASVS 5.0, 6.3.3 and 6.5; the codes are those of RFC 6238. Passkeys are people's: one is both factors in one act.
Ledger events: ``factor.added``, ``factor.changed``, ``factor.removed``.
"""
