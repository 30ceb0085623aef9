"""Live 实时更新: tells open pages that something changed, so that nobody works on what is no longer so.

Triggers tell it in the transaction that changes a row (migrations 0013b, 0024b), PostgreSQL carries it to every process at the commit, and each
process hands it to its own pages. Only ids and topics travel, never what a row says; a person hears only of rows in their scope. Who has a thing
open to edit it is told the same way, by name, to whoever has it open too (presence.py). Ledger events: none.
"""
