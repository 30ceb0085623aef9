"""Hashes under which secrets are stored: a fast one for keys that are random, a slow one for what people choose or copy by hand. Pure."""

from __future__ import annotations

import asyncio
import hashlib

import argon2

# Argon2id as OWASP's Password Storage Cheat Sheet has it; for codes of few bits, too (ASVS 5.0, 6.5.2).
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_key(key: str) -> str:
    """SHA-256 in hex, for keys of cookies: 256 random bits are found by no dictionary."""
    return hashlib.sha256(key.encode()).hexdigest()


def hash_at_once(text: str) -> str:
    """Argon2id. Holds up whoever calls for some hundredths of a second."""
    return _hasher.hash(text)


async def hash_slowly(text: str) -> str:
    return await asyncio.to_thread(hash_at_once, text)


async def matches(stored: str, text: str) -> bool:
    """Whether ``stored`` is an argon2id hash of the text."""
    try:
        return await asyncio.to_thread(_hasher.verify, stored, text)
    except argon2.exceptions.VerificationError:
        return False
