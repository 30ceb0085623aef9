"""执法证查验 Whether a certificate number and a name are those of a valid officer. A yes or a no; nobody is listed and nothing else is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backend.kernel import clock
from backend.kernel.errors import Invalid
from backend.people import queries
from backend.people.rules import is_fit

LONGEST = 60


@dataclass(frozen=True, slots=True)
class CheckedOfficer:
    """``expires_on``: the last day of the certificate."""

    department: str
    expires_on: date


async def check_officer(certificate_no: str, name: str) -> CheckedOfficer | None:
    """None for a certificate that is not valid today, or is another person's: which of them it is is not said.

    Raises ``Invalid`` where something was left empty.
    """
    number, name = certificate_no.strip().replace("\x00", "")[:LONGEST], name.strip().replace("\x00", "")[:LONGEST]
    if not number or not name:
        raise Invalid(field="certificate_no", why_zh="请填写姓名和执法证号", why_en="give the name and the number of the certificate")
    found = await queries.find_by_certificate(number)
    if found is None or found.name != name or not is_fit(found.is_valid, found.certificate_expires_on, clock.today()):
        return None
    return CheckedOfficer(found.department, found.certificate_expires_on)
