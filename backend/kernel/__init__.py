"""Kernel 内核: errors, clock, ids, canonical JSON and settings. Imports nothing of ours, no database, no web."""
