"""群机器人 A department's chat groups: who may set one up, and the test message."""

from __future__ import annotations

from uuid import UUID

from backend.kernel.errors import Forbidden, Invalid
from backend.notify import jobs, robots
from backend.notify.robot_rules import TEST, Answer, Item
from backend.people.queries import list_departments
from backend.people.rules import ADMIN, MANAGER, Principal
from backend.people.service import require
from backend.storage.engine import transaction


async def add_group(department: str, name: str, address: str, secret: str, *, by: Principal) -> UUID:
    """A manager adds one for the own department, an administrator for any. Raises ``Invalid``, ``RobotRefused``."""
    require(by, MANAGER, ADMIN)
    if by.role == MANAGER:
        department = by.department or ""
    if department not in {d.code for d in await list_departments()}:
        raise Invalid(field="department", why_zh="请选择部门", why_en="choose a department")
    if not by.scope.covers(department, by.region):
        raise Forbidden()
    async with transaction():
        return await robots.add(department, name, address, secret, by=by.account_id)


async def remove_group(robot: UUID, *, by: Principal) -> None:
    require(by, MANAGER, ADMIN)
    async with transaction():
        await robots.remove(robot, by.scope, by=by.account_id)


async def test_group(robot: UUID, *, by: Principal) -> Answer:
    """Send the test message now and note its outcome. Raises ``NotFound`` outside the scope."""
    require(by, MANAGER, ADMIN)
    found, department = await robots.find_robot(robot, by.scope)
    # Outside any transaction: the service may take its time.
    answer = await jobs.send(found, department, [Item(TEST, "", None)])
    async with transaction():
        await robots.note_test(robot, answer)
    return answer
