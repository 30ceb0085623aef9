"""Evaluations 检查评价: what enterprises say of the visits that they had, for the eyes of the oversight office.

Governing rule: 国办发〔2024〕54号 (the enterprise may evaluate a visit, anonymously towards the department that inspected). Departments get
averages of whole quarters that are over, and only of enough enterprises; how many is a dated table. Ledger event: ``evaluation.sealed``, once
a week for all of the week's evaluations: an entry each would tell by its time which visit it is about.
"""
