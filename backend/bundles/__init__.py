"""Bundles 下发包: what each officer's phone was told last, so that it is told only what has changed since.

A phone asks again and again, mostly for nothing new. What was in its last bundle is remembered as one short hash a visit, never the content; a phone
that names that bundle gets the visits whose hash is another one, and the ids of those that are gone. Whoever names any other bundle gets all of
it. Nothing here is a source: all of it may be deleted. Ledger events: none. Docs: decisions/0040-told-once-kept-by-tables.md; proven by
tests/web/field/test_bundle.py.
"""
