"""Shared 公用: layout, access, sign-in, language and error mapping for every face."""
