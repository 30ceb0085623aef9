"""Migrations run while the release before them serves: none may lock a large table for long, or take away what that release still uses.

The rules are in docs/operations.md, "Upgrades". They hold from 0031 on: everything before belongs to 0.1.0, and no older release is in service.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.storage import migrate

FOLDER = Path(__file__).parents[2] / "migrations"
FIRST = 31
# (file, the statement's beginning) -> why it may stay. An exception is a decision: it says when no older release can be hurt.
EXCEPTIONS: dict[tuple[str, str], str] = {}

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
SQL = re.compile(r"^\s*(create|alter|drop|update|delete|insert|truncate|lock|cluster|vacuum|reindex)\b", re.IGNORECASE)


def statements(text: str) -> list[str]:
    """SQL statements of a migration: strings that stand beside each other are one, as Python reads them."""
    joined = re.sub(r'"\s*\n\s*"', "", text)
    found = [re.sub(r"\s+", " ", m[1].replace('\\"', '"')).strip() for m in STRING.finditer(joined)]
    found += [re.sub(r"\s+", " ", part).strip() for block in re.findall(r'"""(.*?)"""', text, re.DOTALL) for part in block.split(";")]
    return [s for s in found if SQL.match(s)]


def new_tables(found: list[str]) -> set[str]:
    """Tables that this migration makes: nobody uses them yet, so anything may be done to them."""
    return {m[1].lower() for s in found if (m := re.match(r"create (?:unlogged )?table (?:if not exists )?\"?(\w+)", s, re.IGNORECASE))}


def offences(found: list[str]) -> list[tuple[str, str]]:
    """(statement, rule that it breaks)."""
    fresh, broken = new_tables(found), []
    for s in found:
        low = s.lower()
        if m := re.match(r"create (unique )?index (concurrently )?(?:if not exists )?\w* ?on (?:only )?\"?(\w+)", low):
            if not m[2] and m[3] not in fresh:
                broken.append((s, "an index on a table in use: create it concurrently, in a migration of its own"))
        elif m := re.match(r"alter table (?:only )?(?:if exists )?\"?(\w+)\"? (.*)", low):
            if m[1] not in fresh:
                broken += [(s, rule) for rule in _alterations(m[2])]
        elif m := re.match(r"drop (table|column|view|function|type) (?:if exists )?\"?(\w+)", low):
            if m[1] == "table" or m[1] == "column":
                broken.append((s, "takes away what the release before still uses: one release later"))
        elif re.match(r"(lock|truncate|cluster|vacuum full|reindex)\b", low) and "concurrently" not in low:
            broken.append((s, "locks the whole table"))
    return broken


def _alterations(text: str) -> list[str]:
    rules = []
    for action in re.split(r",(?![^(]*\))", text):
        a = action.strip()
        if re.match(r"add (column )?(if not exists )?(?!constraint\b)\w+ ", a) and not re.match(r"add (constraint|check|foreign|unique|primary|exclude)\b", a):
            if "not null" in a and "default" not in a:
                rules.append("a column that must be filled, without a default: the release before cannot write rows any more")
            if re.search(r"default (gen_random_uuid|clock_timestamp|random|nextval)\b|\bserial\b|bigserial|generated (always|by default)", a):
                rules.append("a default that differs from row to row: the table is rewritten")
            if " references " in a and "not valid" not in a:
                rules.append("a foreign key that reads the whole table: not valid first, validated later")
        if re.match(r"add (constraint \w+ )?(check|foreign key)\b", a) and "not valid" not in a:
            rules.append("a constraint that reads the whole table under a lock: not valid first, then validate constraint")
        if re.match(r"add (constraint \w+ )?(unique|primary key|exclude)\b", a) and "using index" not in a:
            rules.append("a unique constraint that builds its index under a lock: create it concurrently, then add it using index")
        if re.match(r"alter (column )?\w+ (set data )?type\b", a):
            rules.append("a column's type: the table is rewritten")
        if re.match(r"alter (column )?\w+ set not null", a):
            rules.append("not null reads the whole table: a check that is not valid, validated, then not null")
        if re.match(r"drop (column )?(?!constraint\b|not\b)", a) or re.match(r"rename\b", a):
            rules.append("takes away or renames what the release before still uses: one release later")
    return rules


def files() -> list[Path]:
    return [p for p in sorted(FOLDER.glob("[0-9]*.py")) if int(p.name[:4]) >= FIRST]


@pytest.mark.parametrize("path", files(), ids=lambda p: p.name)
def test_a_new_migration_lets_the_release_before_it_go_on(path):
    broken = [(s, rule) for s, rule in offences(statements(path.read_text())) if not any(path.name == f and s.startswith(b) for f, b in EXCEPTIONS)]
    assert broken == []


def test_no_exception_is_left_over():
    for name, beginning in EXCEPTIONS:
        assert any(s.startswith(beginning) for s in statements((FOLDER / name).read_text())), (name, beginning)


@pytest.mark.parametrize(
    "statement",
    [
        "create index a on enterprise (name)",
        "create unique index on enterprise (name)",
        "alter table enterprise add column a integer not null",
        "alter table enterprise add column a uuid default gen_random_uuid()",
        "alter table enterprise add column a integer, add column b bigserial",
        "alter table enterprise alter column a type bigint",
        "alter table enterprise alter column a set not null",
        "alter table enterprise drop column a",
        "alter table enterprise rename column a to b",
        "alter table enterprise rename to b",
        "alter table enterprise add constraint a check (b > 0)",
        "alter table enterprise add constraint a unique (b, c)",
        "alter table enterprise add constraint a foreign key (b) references c (d)",
        "drop table enterprise",
        "truncate enterprise",
    ],
)
def test_what_is_forbidden_is_found(statement):
    assert offences([statement]), statement


@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently a on enterprise (name)",
        "alter table enterprise add column a integer",
        "alter table enterprise add column a integer not null default 0",
        "alter table enterprise add constraint a check (b > 0) not valid",
        "alter table enterprise validate constraint a",
        "alter table enterprise add constraint a unique using index b",
        "alter table enterprise alter column a set default 1",
        "alter table enterprise alter column a drop not null",
        "alter table enterprise drop constraint a",
        "create table b (id uuid primary key)",
    ],
)
def test_what_is_allowed_is_let_through(statement):
    assert offences([statement]) == [], statement


def test_a_table_of_its_own_is_its_own_affair():
    assert offences(["create table b (id uuid primary key, c text)", "create index on b (c)", "alter table b add constraint d check (c <> '')"]) == []


def test_statements_are_read_as_python_reads_them():
    text = 'UP = (\n    "alter table a"\n    " add column b integer not null",\n    "select 1",\n)'
    assert statements(text) == ["alter table a add column b integer not null"]


def test_every_migration_is_known_by_its_id():
    assert len(migrate.list_known()) == len(list(FOLDER.glob("[0-9]*.py")))


async def test_a_migrated_database_has_nothing_pending(db):
    assert await migrate.list_pending() == []
