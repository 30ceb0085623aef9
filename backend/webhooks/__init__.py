"""Webhooks 数据推送: partners' systems that are told of what happened in public, signed (Standard Webhooks 1.0), retried, and kept in a log.

What they are told is public already; a webhook only saves its partner the asking. Writes ``webhook.changed``.
"""
