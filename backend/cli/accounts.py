"""``sunlot account``: an account made by hand, and the way in again for somebody who has lost everything."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from backend.people.rules import ALL_DEPARTMENTS
from backend.people.service import create_account
from backend.storage import engine
from backend.usecases import second_factor


def main(args: argparse.Namespace) -> int:
    return _let_in(args) if args.action == "let-in" else _add(args)


def _say(password: str) -> None:
    print(f"初始密码（仅首次登录有效，登录后须更改） · password for the first sign-in only: {password}")


def _add(args: argparse.Namespace) -> int:
    if not args.name or not args.region:
        print("--name, --region: 新建账号须填写姓名和辖区 · a new account needs the person's name and region", file=sys.stderr)
        return 2
    if args.role not in ALL_DEPARTMENTS and not args.department:
        print("--department: 这个角色须属于一个部门 · this role belongs to a department", file=sys.stderr)
        return 2
    password = secrets.token_urlsafe(15)

    async def make() -> None:
        async with engine.pool(1), engine.transaction():
            await create_account(
                username=args.username, password=password, name=args.name, role=args.role, department=args.department, region=args.region, must_change=True
            )

    engine.ensure_server()
    asyncio.run(make())
    _say(password)
    return 0


def _let_in(args: argparse.Namespace) -> int:
    password = secrets.token_urlsafe(15)

    async def let_in() -> None:
        async with engine.pool(2):
            events = await second_factor.let_in(args.username, password, reason=args.reason)
            print(f"{args.username}: 第二验证已全部取消，登录已退出，存证日志已记录 · second factors are off, sessions ended, logged as {', '.join(events)}")

    engine.ensure_server()
    asyncio.run(let_in())
    _say(password)
    return 0
