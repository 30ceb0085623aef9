"""Desk 办理台: what the office does around a visit that is no step of the visit itself.

Comments among colleagues, longer deadlines, reminders, hand-over between reviewers, and what came of each run over many rows.
Ledger events: ``comment.added``, ``inspection.extended``, ``inspection.reminded``, ``review.assigned``.
"""
