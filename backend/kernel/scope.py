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

    def narrowed(self, department: str, county: str) -> tuple[Scope, str, str]:
        """The scope of a chosen department and county, and the two as far as they lie within; what does not is not chosen: empty."""
        county = county if county.startswith(self.region) else ""
        department = department if self.department in (None, department) else ""
        return Scope(department or self.department, county or self.region), department, county

    def covers(self, department: str | None, region: str) -> bool:
        return (self.department is None or self.department == department) and region.startswith(self.region)


EVERYTHING = Scope(department=None, region="")
