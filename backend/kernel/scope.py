"""Whose records a person may see: a department (or all) within a region."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """``department`` None means every department. ``region`` is a GB/T 2260 prefix: "5303" is Qujing with all its counties.

    Every query on behalf of a person takes one of these.
    """

    department: str | None
    region: str

    def covers(self, department: str | None, region: str) -> bool:
        return (self.department is None or self.department == department) and region.startswith(self.region)


EVERYTHING = Scope(department=None, region="")
