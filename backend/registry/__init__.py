"""Registry 检查对象名录库: enterprises, their unified social credit codes, QR identities and dossier facts.

Governing rules: GB 32100-2015 (统一社会信用代码), GB/T 2260 (regions), GB/T 4754 (industries), 国办发〔2015〕58号 (the register
that draws take their objects from). Ledger events: ``registry.imported``, ``enterprise.changed``.
"""
