"""Faces 页面: requests in, pages and JSON out, divided by audience. No SQL, no rules."""
