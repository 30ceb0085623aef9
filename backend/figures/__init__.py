"""Figures 指标: how well an office keeps to its plan and to the law, counted from the very rows that anybody may look up.

Owns the standards 考核标准 that a figure is judged by (dated, with their source) and the weekly digest 周报. Governing sources: the oversight
office's list of key figures (plan completion, inspections done, results published on time, share of joint inspections, replacements,
scans on site, back-fills), 国办发〔2024〕54号, 企业信息公示暂行条例. Ledger events: none; a digest changes nothing.
"""
