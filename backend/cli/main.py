"""``sunlot``: everything an operator starts by hand. Commands import what they need, so that each starts fast."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from backend.kernel.errors import DomainError


def _run(args: argparse.Namespace) -> int:
    from backend.cli import run

    return run.run(demo=not args.no_demo)


def _serve(args: argparse.Namespace) -> int:
    from backend.cli import run

    return run.serve(workers=args.workers)


def _worker(args: argparse.Namespace) -> int:
    from backend.cli import worker

    return asyncio.run(worker.main())


def _migrate(args: argparse.Namespace) -> int:
    from backend.storage import engine, migrate

    engine.ensure_server()
    asyncio.run(migrate.migrate())
    return 0


def _demo(args: argparse.Namespace) -> int:
    from backend.cli.demo import load
    from backend.storage import engine

    engine.ensure_server()
    print("loaded" if asyncio.run(load.load_if_empty()) else "there are accounts already: nothing was loaded")
    return 0


def _account(args: argparse.Namespace) -> int:
    from backend.cli import accounts

    return accounts.main(args)


def _assets(args: argparse.Namespace) -> int:
    from backend.cli import assets

    assets.build(assets.REPO)
    return 0


def _database(args: argparse.Namespace) -> int:
    from backend.storage import engine

    engine.ensure_server() if args.action == "start" else engine.stop_server()
    return 0


def _draw(args: argparse.Namespace) -> int:
    from backend.draws import shares, verifier

    if args.action == "verify":
        return int(verifier.main(args.rest))  # type: ignore[no-untyped-call]
    if len(args.rest) < 1 + shares.NEEDED:
        print("sunlot draw combine BUNDLE.json SHARE.txt SHARE.txt", file=sys.stderr)
        return 2
    try:
        bundle = json.loads(Path(args.rest[0]).read_text("utf-8"))
        secret = shares.combine([Path(name).read_text("utf-8") for name in args.rest[1:]], bundle["announcement"]["anchor"])
    except (OSError, ValueError, KeyError, TypeError) as e:
        print(f"份额不能合成密钥 · the shares do not give the secret: {e}", file=sys.stderr)
        return 1
    print(json.dumps(bundle | {"secret": secret.hex()}, ensure_ascii=False))
    return 0


def _record_verify(args: argparse.Namespace) -> int:
    from backend.usecases.record_file import BOOK, verify

    checks = verify(args.file, args.vkey)
    for c in checks:
        mark = {True: "✓", False: "✗", None: "…"}[c.ok]
        print(f"{mark} {BOOK[c.code][0]} · {BOOK[c.code][1]}{': ' + c.detail if c.detail else ''}")
    if any(c.ok is False for c in checks):
        print("验证失败 · FAILED", file=sys.stderr)
        return 1
    if args.vkey is None:
        print("日志公钥取自文件本身；请用 --vkey 指定从别处得知的公钥 · the log's key is the file's own: give the one you know with --vkey")
    return 3 if any(c.ok is None for c in checks) else 0


def _visit_verify(args: argparse.Namespace) -> int:
    from backend.draws.visit_proof import BOOK, verify
    from backend.kernel.clock import BEIJING
    from backend.ledger.rules import parse_vkey

    try:
        keys = [parse_vkey(text) for text in (args.vkey, *args.witness) if text]
    except ValueError as e:
        print(f"--vkey, --witness: {e}", file=sys.stderr)
        return 2
    found = verify(sys.stdin.read() if args.proof == "-" else args.proof, keys[0] if args.vkey else None, keys[1 if args.vkey else 0 :])
    for c in found.checks:
        mark = {True: "✓", False: "✗", None: "…"}[c.ok]
        print(f"{mark} {BOOK[c.code][0]} · {BOOK[c.code][1]}")
    if found.verdict == "failed" or found.proof is None:
        print("核验不通过 · FAILED", file=sys.stderr)
        return 1
    p, at = found.proof, found.proof.at.astimezone(BEIJING)
    n = sum(pid is not None for pid in p.team)
    print(f"{p.enterprise} 由 {p.draw_id} 于 {at:%Y-%m-%d %H:%M} 抽中，检查组 {n} 人当时即已确定；存证日志 {p.origin} 第 {p.index} 条")
    print(f"{p.enterprise} was drawn by {p.draw_id} on {at:%Y-%m-%d %H:%M} (Beijing), its team of {n} was fixed then; entry {p.index} of the log {p.origin}")
    if args.vkey is None:
        print("没有日志公钥，签名未核对；请用 --vkey 指定 · the signature was not checked: give the log's key with --vkey")
    return 0 if found.verdict == "verified" else 3


def _ledger(args: argparse.Namespace) -> int:
    return _ledger_verify() if args.action == "verify" else _ledger_erase(args)


def _ledger_erase(args: argparse.Namespace) -> int:
    from backend.kernel.errors import NotFound
    from backend.ledger import queries, service
    from backend.storage import engine

    async def erase() -> None:
        async with engine.pool(1), engine.transaction():
            entry = await queries.find_entry(args.index) if args.index is not None else None
            if entry is None:
                raise NotFound()
            await service.erase(entry.row.entry_id, args.reason)

    engine.ensure_server()
    asyncio.run(erase())
    print(f"第 {args.index} 条的内容已删除，条目与证明仍在 · the content of entry {args.index} is erased; the entry and its proofs stay")
    return 0


def _ledger_verify() -> int:
    from backend.ledger.verify import verify_log
    from backend.storage import engine

    async def verify() -> list[str]:
        async with engine.pool(2):
            return [str(p) for p in await verify_log()]

    engine.ensure_server()
    problems = asyncio.run(verify())
    print("\n".join(problems) or "存证日志完好 · the ledger is intact")
    return 1 if problems else 0


def _backup(args: argparse.Namespace) -> int:
    from backend.cli import backups

    return backups.check(args) if args.check else backups.backup(args)


def _restore(args: argparse.Namespace) -> int:
    from backend.cli import backups

    return backups.restore(args)


def _doctor(args: argparse.Namespace) -> int:
    from backend.cli import doctor

    return doctor.main(as_json=args.json)


def _placards(args: argparse.Namespace) -> int:
    from datetime import timedelta

    from backend.kernel.clock import BEIJING
    from backend.placards import signing

    if args.action == "rotate":
        key = signing.rotate(timedelta(hours=args.after))
        at = key.signs_from.astimezone(BEIJING)
        print(f"第 {key.number} 把码牌密钥已生成，{at:%Y-%m-%d %H:%M}（北京时间）起用于签发；旧密钥继续有效，已印的码牌不受影响")
        print(f"placard key no. {key.number} is made and signs from {at:%Y-%m-%d %H:%M} (Beijing) on; older keys go on verifying, printed cards keep working")
        print("在此之前请把 DATA_DIR/keys 复制到每台服务器，并重新备份密钥 · before then copy DATA_DIR/keys to every server and back the keys up anew")
        return 0
    used = signing.current().number
    for key in signing.list_keys():
        mark = "←" if key.number == used else ""
        print(f"{key.number}  {key.made_at.astimezone(BEIJING):%Y-%m-%d}  {mark}")
    return 0


def _witness(args: argparse.Namespace) -> int:
    from backend.cli import witness

    if args.action == "key":
        print(witness.load(args.data, args.name, []).key)
        return 0
    if not args.log:
        print("--log: 请给出日志的公钥 · give the key of the log, as its /log/vkey shows it", file=sys.stderr)
        return 2
    return witness.serve(name=args.name, data=args.data, logs=args.log, host=args.host, port=args.port)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="sunlot", description="Sunlot 阳光抽查")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, does: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(does=does)
        return sub

    add("run", _run, "set up the database, load the demo county where it is empty, serve and work; Ctrl-C stops all").add_argument(
        "--no-demo", action="store_true"
    )
    add("serve", _serve, "serve the web application").add_argument("--workers", type=int, default=1)
    add("worker", _worker, "do the background work: ledger, alerts, thumbnails, imports")
    add("migrate", _migrate, "bring the database schema up to date")
    add("demo", _demo, "load the demo county into an empty database")
    add("assets", _assets, "build the served files from pwa/ and backend/web/")
    add("database", _database, "start or stop the embedded database").add_argument("action", choices=["start", "stop"])
    draw = add("draw", _draw, "draw verify BUNDLE.json: recompute a public draw; draw combine BUNDLE.json SHARE SHARE: put witnesses' opened shares together")
    draw.add_argument("action", choices=["verify", "combine"])
    draw.add_argument("rest", nargs=argparse.REMAINDER)
    ledger = add("ledger", _ledger, "ledger verify: recompute the whole log; ledger erase INDEX: delete a person's data behind an entry, leaving a tombstone")
    ledger.add_argument("action", choices=["verify", "erase"])
    ledger.add_argument("index", type=int, nargs="?", help="the entry's place in the log")
    ledger.add_argument("--reason", default="", help="the ground for the erasure; it is published")
    record = add("record", _record_verify, "record verify FILE: check a signed record with its evidence and its place in the log, offline")
    record.add_argument("action", choices=["verify"])
    record.add_argument("file", type=Path)
    record.add_argument("--vkey", help="the log's key, as its /log/vkey shows it")
    visit = add("visit", _visit_verify, "visit verify PROOF: check that a visit was drawn, offline; PROOF is the code's address or text, - reads it")
    visit.add_argument("action", choices=["verify"])
    visit.add_argument("proof")
    visit.add_argument("--vkey", help="the log's key, as its /log/vkey shows it")
    visit.add_argument("--witness", action="append", default=[], metavar="VKEY", help="a witness's key; may be given again")
    backup = add("backup", _backup, "backup FOLDER: one more backup beside the earlier ones, taken while everything works; --check reads one whole")
    backup.add_argument("folder", type=Path)
    backup.add_argument("--recipient", action="append", default=[], metavar="age1..", help="who may open the keys; may be given again")
    backup.add_argument("--without-keys", action="store_true", help="the keys are kept elsewhere")
    backup.add_argument("--check", action="store_true", help="make none: read the newest, or --name, byte by byte")
    backup.add_argument("--name", help="with --check: the name of a backup, such as 20261126T010203Z")
    restore = add("restore", _restore, "restore FOLDER: put a backup into an empty installation (DATA_DIR, DATABASE_URL) and check everything")
    restore.add_argument("folder", type=Path)
    restore.add_argument("--name", help="the name of a backup; the newest if none is given")
    restore.add_argument("--identity", type=Path, help="file with the age secret key that opens the keys")
    restore.add_argument("--without-keys", action="store_true", help="DATA_DIR/keys has them from elsewhere")
    doctor = add("doctor", _doctor, "say what is wrong or will be, and what to do about it; the exit status is 1 for warnings, 2 for faults")
    doctor.add_argument("--json", action="store_true")
    placards = add("placards", _placards, "placards rotate: make the next key that signs codes for doors, older ones go on verifying; placards keys: list them")
    placards.add_argument("action", choices=["rotate", "keys"])
    placards.add_argument("--after", type=int, default=24, metavar="HOURS", help="when the new key begins to sign: time to copy it to every server")
    account = add(
        "account",
        _account,
        "account add: make an account with a random password for its first sign-in, such as the first administrator's;"
        " account let-in: let somebody in again who has lost password and second factor, such as the only administrator",
    )
    account.add_argument("action", choices=["add", "let-in"])
    account.add_argument("username")
    account.add_argument("--name", help="add: the person's name")
    account.add_argument("--role", default="admin", help="add: admin where nothing is said")
    account.add_argument("--department", help="add: needed for managers, reviewers and inspectors")
    account.add_argument("--region", help="add: the region that the person may see, such as 5303 for a whole city")
    account.add_argument("--reason", default="", help="let-in: why, and how the person was known; it stands in the ledger")
    witness = add("witness", _witness, "witness serve: cosign another body's log; witness key: show this witness's key")
    witness.add_argument("action", choices=["serve", "key"])
    witness.add_argument("--name", required=True, help="the witness's name, such as justice.example/sunlot")
    witness.add_argument("--data", type=Path, required=True, help="folder of its key and its one row a log")
    witness.add_argument("--log", action="append", default=[], metavar="VKEY", help="a log to look after; may be given again")
    witness.add_argument("--host", default="127.0.0.1")
    witness.add_argument("--port", type=int, default=8101)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return int(args.does(args))
    except DomainError as e:
        print(f"{e.message('zh')}\n{e.message('en')}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
