"""Draws 抽取: frozen frames and pools, sealed secrets, the public draw sdr/1 (docs/draw-spec.md).

Governing rule: 双随机 (objects and officers drawn at random). Ledger events: ``draw.announced``, ``draw.performed``,
``draw.revealed``, ``draw.voided``.
"""
