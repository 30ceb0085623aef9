"""Command line: entry points only."""
