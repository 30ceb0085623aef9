"""导入 in the demo county: sample files to try, a register that waits to be confirmed, one whose columns must be named, and two partners' files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from backend.cli.demo.county import make_enterprises
from backend.cli.demo.partner_files import write_penalties, write_permits
from backend.cli.demo.samples import Kind, write_sample_register
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.people.rules import Principal
from backend.usecases import import_registry

# The names under which the import page offers them.
FILES: Final[dict[Kind, str]] = {"xlsx_mixed": "sample-mixed.xlsx", "xlsx_titled": "sample-titled.xlsx", "gbk_csv": "sample-gbk.csv"}
PENALTIES: Final = "sample-penalties.csv"
PERMITS: Final = "sample-permits.xlsx"
TOLD_OF: Final = 60
"""How many enterprises of the demo county have a penalty, and as many others a permit."""


async def show_imports(manager: Principal, visited: Sequence[str]) -> None:
    """Write the samples to DATA_DIR/samples and leave one import in each interesting state. ``visited``: codes of enterprises with results."""
    folder = settings().data_dir / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, name in FILES.items():
        write_sample_register(folder / name, kind)
    enterprises = make_enterprises()
    # Some of those that were visited have a permit and a penalty, too: a page with something of everything.
    full = [e for code in visited[:3] for e in enterprises if e["code"] == code]
    write_penalties(folder / PENALTIES, [*enterprises[: (TOLD_OF - len(full)) * 5 : 5], *full], clock.today())
    write_permits(folder / PERMITS, [*enterprises[: (TOLD_OF - len(full)) * 4 : 4], *full], clock.today())
    for file, shown, layout in ((PENALTIES, "双公示行政处罚.csv", "penalties"), (PERMITS, "双公示行政许可.xlsx", "permits")):
        batch = await _import((folder / file).read_bytes(), shown, layout, manager)
        await import_registry.ask_apply(batch, by=manager)
        await _work()
    # Titles that say nothing to us: somebody must name them once.
    content = (folder / FILES["gbk_csv"]).read_bytes().decode("gbk").replace("行政区划,行业代码", "所在地方,做什么", 1).encode("gbk")
    await _import(content, "某所台账.csv", "register", manager)
    await _import((folder / FILES["xlsx_mixed"]).read_bytes(), "检查对象名录（新增）.xlsx", "register", manager)


async def _import(content: bytes, filename: str, kind: str, manager: Principal) -> UUID:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    batch = await import_registry.upload(chunks(), filename=filename, by=manager, kind=kind)
    await _work()
    return batch


async def _work() -> None:
    while await import_registry.work_off():
        pass
