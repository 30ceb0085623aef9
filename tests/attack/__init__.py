"""``make attack``: sqlmap at level 3 over every place where a stranger's or an enterprise's words reach us, against a demo of its own.

``places`` finds the places, ``served`` is the application under attack, ``__main__`` runs it all.
"""
