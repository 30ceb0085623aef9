"""Ledger 存证日志: the tamper-evident log of every act (监管留痕), RFC 6962 and C2SP tlog.

Owns the staging table, the Merkle tree, checkpoints and their signatures. Other rooms call ``service.record``
inside their own transaction; the sequencer places entries afterwards. Knows nothing of inspections.
"""
