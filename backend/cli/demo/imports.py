"""名录导入 in the demo county: sample files to download, and one uploaded register that waits to be confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from backend.cli.demo.samples import Kind, write_sample_register
from backend.kernel.settings import settings
from backend.people.rules import Principal
from backend.usecases import import_registry

# The names under which the import page offers them.
FILES: Final[dict[Kind, str]] = {"xlsx_mixed": "sample-mixed.xlsx", "xlsx_titled": "sample-titled.xlsx", "gbk_csv": "sample-gbk.csv"}


async def show_imports(manager: Principal) -> None:
    """Write the samples to DATA_DIR/samples and leave one of them, with its ten mistakes, at the preview."""
    folder = settings().data_dir / "samples"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, name in FILES.items():
        write_sample_register(folder / name, kind)
    content = (folder / FILES["xlsx_mixed"]).read_bytes()

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    await import_registry.upload(chunks(), filename="检查对象名录（新增）.xlsx", by=manager)
    while await import_registry.work_off():
        pass
