"""The office's virus scanner, a fake at the edge of the world that speaks clamd's protocol: what it says of a file decides, and while it is away
nothing is taken.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
from PIL import Image

from backend.cli.doctor import machine
from backend.exchange import service as exchange
from backend.intake import service as intake
from backend.intake.rules import NotTaken
from backend.kernel.settings import settings
from backend.scanning import rules, service
from tests.journeys.listener import Listener
from tests.web.conftest import county  # noqa: F401 - fixture

# In two pieces, or scanners would find it in this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[bytes], most: int) -> None:
    """One command as clamd takes it: https://docs.clamav.net/manual/Usage/ClamdProtocol.html."""
    command = await reader.readuntil(b"\0")
    if command == b"zPING\0":
        writer.write(b"PONG\0")
        return
    assert command == b"zINSTREAM\0"
    content = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        content += await reader.readexactly(length)
        if len(content) > most:
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")
            await writer.drain()
            await asyncio.sleep(0.2)
            return
    seen.append(content)
    writer.write(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0")


class Clamd(Listener):
    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.most = 25 << 20
        self.is_silent = False
        super().__init__()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.is_silent:
                await asyncio.sleep(60)
            await answer(reader, writer, self.seen, self.most)
            await writer.drain()
        finally:
            with suppress(ConnectionError, OSError):
                writer.close()


@pytest.fixture
def clamd(environment) -> Iterator[Clamd]:
    one = Clamd()
    environment(CLAMD=f"127.0.0.1:{one.port}")
    yield one
    one.stop()


@pytest.fixture
def nobody(environment) -> None:
    one = Clamd()
    environment(CLAMD=f"127.0.0.1:{one.port}")
    one.stop()


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    return out.getvalue()


PAPER = b"%PDF-1.4\n" + EICAR + b"\n%%EOF"


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_without_the_setting_nothing_is_asked():
    assert settings().clamd is None
    await service.scan(EICAR)
    assert await machine.check_scanner() == []


async def test_it_is_shown_the_file_as_it_came(clamd):
    large = photo() + bytes(range(256)) * 4000
    await service.scan(large)
    assert clamd.seen == [large]
    assert (await intake.inspect(photo(), "a.jpg")).media_type == "image/jpeg"
    assert clamd.seen[1] == photo()


async def test_by_a_socket_of_the_machine(environment, tmp_path):
    seen: list[bytes] = []

    async def handle(reader, writer):
        await answer(reader, writer, seen, 1 << 20)
        writer.close()

    async with await asyncio.start_unix_server(handle, tmp_path / "clamd.ctl"):
        environment(CLAMD=tmp_path / "clamd.ctl")
        await service.scan(b"fine")
        with pytest.raises(rules.Infected):
            await service.scan(EICAR)
        assert await service.is_there()
    assert seen == [b"fine", EICAR]


async def test_what_it_finds_is_refused_by_the_files_name(clamd):
    with pytest.raises(NotTaken) as refused:
        await intake.inspect(PAPER, "报告.pdf")
    assert "报告.pdf" in refused.value.message("zh") and "病毒扫描" in refused.value.message("zh")
    assert "virus scanner" in refused.value.message("en")


async def test_a_scanner_that_is_away_takes_nothing(nobody):
    with pytest.raises(rules.ScannerAway):
        await intake.inspect(photo(), "a.jpg")
    [finding] = await machine.check_scanner()
    assert (finding.level, finding.code) == ("fail", "scanner") and finding.do_zh and finding.do_en


async def test_a_scanner_that_says_nothing_is_away(clamd):
    clamd.is_silent = True
    with pytest.raises(rules.ScannerAway):
        await service.scan(photo(), patience=0.3)
    assert not await service.is_there(patience=0.3)
    clamd.is_silent = False
    assert [f.level for f in await machine.check_scanner()] == ["ok"]


@pytest.mark.parametrize("said", [b"", b"stream: lstat() failed: No such file or directory. ERROR", b"UNKNOWN COMMAND", b"OK", b"stream: OK and more"])
def test_any_other_word_is_no_leave(said):
    with pytest.raises(rules.ScannerAway):
        rules.judge(said)


async def test_a_file_beyond_its_measure_is_said_to_be_that(clamd):
    clamd.most = 1 << 20
    with pytest.raises(rules.TooLargeToScan) as refused:
        await service.scan(bytes(12 << 20))
    assert "StreamMaxLength" in refused.value.message("zh")


async def test_registers_are_shown_to_it_and_nothing_refused_stays_on_the_disk(clamd):
    folder = settings().data_dir / "imports"
    before = set(folder.glob("*")) if folder.exists() else set()
    with pytest.raises(rules.Infected):
        await exchange.keep_file(_chunks(b"name,code\n" + EICAR))
    assert set(folder.glob("*")) == before
    kept = await exchange.keep_file(_chunks(b"name,code\n1,2\n"))
    assert clamd.seen[-1] == b"name,code\n1,2\n"
    exchange.forget_file(kept.sha256)


@pytest.mark.parametrize("wrong", ["clamd", "clamd:", ":3310", "clamd:x"])
def test_a_setting_that_is_no_address_is_named(environment, wrong):
    environment(CLAMD=wrong)
    with pytest.raises(ValueError, match="CLAMD"):
        settings()


async def test_the_office_reads_why_its_register_was_not_taken(county, clamd, environment):  # noqa: F811 - the fixture
    manager = await county("manager")
    sent = {"file": ("名录.csv", b"name,code\n" + EICAR, "text/csv")}
    refused = await manager.post("/console/imports", data={"kind": "register"}, files=sent)
    assert refused.status_code == 422 and "病毒扫描发现可疑内容" in refused.text
    environment(CLAMD="127.0.0.1:1")
    away = await manager.post("/console/imports", data={"kind": "register"}, files=sent)
    assert away.status_code == 503 and "病毒扫描服务暂时不可用" in away.text


async def test_a_citizen_loses_nothing_and_can_go_on_without_the_photo(county, nobody):  # noqa: F811 - the fixture
    browser = await county("")
    words = "店里卖过期的牛奶，货架第二层，生产日期被刮掉了"
    given = {"id": str(uuid4()), "category": "food", "enterprise_name": "街角小超市", "county": "530302", "text": words, "identity": "anonymous"}
    await browser.get("/complain")
    refused = await browser.post("/complain", data=given, files=[("photos", ("a.jpg", photo(), "image/jpeg"))])
    assert refused.status_code == 503
    assert "病毒扫描服务暂时不可用" in refused.text and words in refused.text
    assert (await browser.post("/complain", data=given)).status_code == 200
