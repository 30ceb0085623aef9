"""Erasure 个人信息删除: requests to erase what is kept of a person, decided by two people; what was asked and done stays, what was erased does not.

Governing rule: 个人信息保护法 47 (erasure on request or when the purpose is reached), 19 (the shortest time). Ledger events:
``erasure.requested``, ``erasure.decided``; behind each entry that held the data ``payload.erased`` leaves a tombstone.
"""
