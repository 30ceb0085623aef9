"""Invitations 联合邀请: what the lead of a joint campaign asks its partner departments, and what they answer within the statutory days.

Governing rule: 国发〔2019〕5号 and 部门联合双随机抽查工作指引 (the lead draws the objects, each partner's officers are drawn within two
working days); the period stands in ``deadlines``. Ledger events: ``invitation.sent``, ``invitation.answered``, ``invitation.lapsed``,
``invitation.overridden``, ``invitation.ended``.
"""
