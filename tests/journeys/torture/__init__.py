"""The torture of the field app: a whole office, a real browser, a line that does everything wrong, and kill -9 on both sides."""
