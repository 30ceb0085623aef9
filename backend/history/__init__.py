"""History 变更历史: what every register and code table was before, who changed it, when and why; and the check that two editors do not overwrite each other.

The tables belong to the rooms above, which describe each as a ``Kind``. Ledger event: ``codebook.changed``, for tables that have no event of their own.
"""
