"""Notify 推送: alerts to people. The inbox comes first, Web Push (RFC 8030, 8291, 8292) second, a group robot 群机器人 third.

A *notice* is a legal paper and lives elsewhere. Writes `robot.changed`.
"""
