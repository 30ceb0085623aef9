"""The witness policy of this installation."""

from __future__ import annotations

from functools import cache

from backend.kernel.settings import settings
from backend.ledger.cosigning import Policy, parse_policy


@cache
def policy() -> Policy:
    """The policy of this installation; without one the log stands alone. Raises ``ValueError`` for a file that cannot be read."""
    path = settings().witness_policy
    if path is None:
        return Policy()
    try:
        return parse_policy(path.read_text("utf-8"))
    except OSError as e:
        raise ValueError(f"WITNESS_POLICY: {path} cannot be read: {e}") from e
