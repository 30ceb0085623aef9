"""``sunlot backup`` and ``sunlot restore``: what they say, and their exit status."""

from __future__ import annotations

import argparse
import asyncio
import sys

from backend.backups import restoring, rules, service
from backend.kernel.settings import settings
from backend.storage import engine

LONGER = """
见证人记得更长的日志，服务不会再签署检查点 · the witnesses know a longer log, so this server will not sign:
  {why}
  备份之后日志又增长过。先找回缺失的部分（数据库归档、备用库）；确实永久丢失时，才以新的 LOG_ORIGIN 开始新日志并公布原因。
  The log grew after this backup was made. Restore what is missing (archived WAL, a standby); only if it is lost for good, begin a new log
  under a new LOG_ORIGIN and publish why. Pages go on to show the old log meanwhile; new acts are kept and wait for their place.
"""


def backup(args: argparse.Namespace) -> int:
    """0: whole; 1: made, but some evidence could not be had."""

    async def run() -> rules.Manifest:
        async with engine.pool(2):
            return await service.make(args.folder.resolve(), args.recipient or list(settings().backup_recipients), without_keys=args.without_keys)

    engine.ensure_server()
    made = asyncio.run(run())
    print(f"{args.folder / made.name}")
    print(_line(made))
    if not made.recipients:
        print("未备份密钥 · the keys are not in it", file=sys.stderr)
    if made.absent:
        print(f"{len(made.absent)} 个证据文件缺失或损坏 · files of evidence are lost or spoilt: {' '.join(made.absent[:5])}", file=sys.stderr)
        return 1
    return 0


def _line(m: rules.Manifest) -> str:
    d = rules.describe(m)
    zh = f"{d['rows']} 行，证据 {d['evidence_files']} 个（{d['evidence_bytes']} 字节），存证日志 {d['log_size']} 条"
    return f"{zh} · {d['rows']} rows, {d['evidence_files']} files of evidence, {d['evidence_bytes']} bytes, a log of {d['log_size']} entries"


def check(args: argparse.Namespace) -> int:
    manifest, problems = asyncio.run(restoring.check(args.folder.resolve(), args.name))
    print(f"{manifest.name}: {_line(manifest)}")
    print("\n".join(problems) or "备份完好 · the backup is whole")
    return 1 if problems else 0


def restore(args: argparse.Namespace) -> int:
    """0: everything is as it was; 1: restored, with what is said; 2: refused."""
    identity = None
    if args.identity:
        lines = args.identity.read_text().splitlines()
        identity = next((line for line in lines if line.startswith("AGE-SECRET-KEY-")), "")

    async def run() -> restoring.Restored:
        async with engine.pool(4):
            return await restoring.restore(args.folder.resolve(), args.name, identity=identity, without_keys=args.without_keys)

    engine.ensure_server()
    done = asyncio.run(run())
    print(f"{done.manifest.name}: {_line(done.manifest)}")
    print("\n".join(done.problems) or "数据、证据与存证日志都已核对 · data, evidence and ledger are as they were")
    if done.pending:
        print(f"请运行 sunlot migrate（{len(done.pending)} 项） · run sunlot migrate: {len(done.pending)} are due")
    match done.witnesses:
        case "longer":
            print(LONGER.format(why=done.witnesses_say), file=sys.stderr)
        case "silent":
            print("见证人没有应答：在它们应答之前不会签署 · no witness answered: nothing is signed until one does")
        case "continued":
            print("见证人确认日志延续 · the witnesses know this log, and no longer one")
        case _:
            print("没有见证人可以询问日志是否完整（WITNESS_POLICY） · there is no witness to ask whether the log was longer (WITNESS_POLICY)")
    return 1 if done.problems or done.witnesses == "longer" else 0
