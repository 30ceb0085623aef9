"""Kept pages 留存页面: public pages as they were last built, so that a reader costs one look instead of a dozen.

A page belongs to a subject ("enterprise:<id>", "result:<number>"); one that adds up whole tables names them instead. Triggers note every change
that a subject's page shows, and every change of such a table, in the transaction that makes it (migrations 0032, 0041); a page is given out only
while nothing was noted since its facts were read, and only on the day on which it was built. So it is never older than the database, in any
process. Nothing here is a source: all of it may be deleted. Ledger events: none. Docs: decisions/0036-kept-pages.md and
decisions/0040-told-once-kept-by-tables.md; proven by tests/web/public/test_kept.py and tests/web/public/test_overviews.py.
"""
