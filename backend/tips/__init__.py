"""Tips 投诉举报: what anybody tells the office of an enterprise, a department or an officer, and what the office does with it.

Owns the categories 分类 (a dated table), the sealed contact of whoever gives one, the tracking code and the photos. Governing rules:
市场监督管理投诉举报处理办法 (since 2026-04-15; before it the 暂行办法) and 市场监督管理行政处罚程序规定 18, their periods in the table of periods; what
is said of an officer or a department goes to the oversight office and to nobody else.

Ledger events: ``tip.filed``, ``tip.added``, ``tip.assigned``, ``tip.decided``, ``tip.joined``, ``tip.extended``, ``tip.answered``, ``tip.visited``,
``tip.closed``, ``tip.unsealed``; none holds a word of the text, a name or a contact.
"""
