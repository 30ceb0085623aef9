"""Two servers and two workers on one database under load, while everything that they stand on fails in turn: ``make faults``."""
