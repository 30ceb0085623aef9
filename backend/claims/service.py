"""Verbs on claims in life-cycle order: issue a code, revoke it, come in by it, change what a person may do, end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from backend.claims import rules
from backend.claims.sealing import Person, code_of, hash_code, hash_login, seal, unseal
from backend.kernel import clock
from backend.kernel.errors import Conflict, DomainError, Invalid, NotFound
from backend.kernel.hashing import hash_slowly
from backend.kernel.ids import new_id
from backend.ledger import service as ledger
from backend.people import password_rules
from backend.rulebook.queries import find_retention
from backend.storage.engine import connection

_LIVE = "used_at is null and ended_at is null and expires_at > $2"


@dataclass(frozen=True, slots=True)
class Opened:
    """A code that was read right: for which enterprise, by which way, and whether somebody is there already."""

    id: UUID
    enterprise: UUID
    kind: str
    is_taken: bool


async def issue(code: UUID, enterprise: UUID, enterprise_code: str, *, kind: str, by: UUID, rights: Sequence[str] = ()) -> str:
    """签发认领码. Idempotent by ``code``, the form's own id: the same code comes out again. Returns its text.

    A new code of the office replaces its earlier ones. Raises ``Invalid`` where the table of periods has none.
    """
    known = await connection().fetchrow("select enterprise, kind, used_at, ended_at from claim_code where id = $1", code)
    if known is not None:
        if known["enterprise"] != enterprise or known["kind"] != kind:
            raise NotFound()
        if known["used_at"] or known["ended_at"]:
            raise Conflict()
        return code_of(code)
    now = clock.now()
    days = await find_retention(rules.KEPT_AS[kind], clock.today())
    if days is None:
        raise Invalid(field="kind", why_zh="期限表中没有认领码的有效期", why_en="the table of periods has none for such codes")
    if kind != rules.INVITE:
        await connection().execute(
            f"update claim_code set ended_at = $2, ending = $3 where enterprise = $1 and kind <> 'invite' and {_LIVE}", enterprise, now, rules.REPLACED
        )
    expires_at = now + timedelta(days=days)
    entry = await ledger.record(
        "claim.issued", actor=by, subject=str(code), payload={"enterprise": enterprise_code, "kind": kind, "expires_at": clock.rfc3339(expires_at)}
    )
    text = code_of(code)
    await connection().execute(
        "insert into claim_code (id, enterprise, kind, locator, code_hash, rights, issued_by, issued_at, expires_at, tries, ending, entry_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', $10)",
        code,
        enterprise,
        kind,
        rules.locator_of(text),
        hash_code(text),
        list(rights),
        by,
        now,
        expires_at,
        entry,
    )
    return text


async def revoke(code: UUID, *, enterprise: UUID, by: UUID) -> None:
    """Raises ``NotFound`` for another enterprise's code, ``Conflict`` for one that is used or over."""
    known = await connection().fetchrow("select enterprise, used_at, ended_at from claim_code where id = $1 for update", code)
    if known is None or known["enterprise"] != enterprise:
        raise NotFound()
    if known["used_at"] or known["ended_at"]:
        raise Conflict()
    await connection().execute("update claim_code set ended_at = $2, ending = $3 where id = $1", code, clock.now(), rules.REVOKED)
    await ledger.record("claim.revoked", actor=by, subject=str(code), payload={})


async def open_code(text: str) -> Opened | DomainError:
    """What a typed code stands for, or the refusal *returned*: the code's count of tries must be committed, so nothing may be raised here."""
    try:
        code = rules.read_code(text)
    except DomainError as e:
        return e
    now = clock.now()
    rows = await connection().fetch(
        f"select id, enterprise, kind, code_hash from claim_code where locator = $1 and {_LIVE} for update", rules.locator_of(code), now
    )
    mine = next((row for row in rows if row["code_hash"] == hash_code(code)), None)
    if mine is None:
        await connection().execute(
            "update claim_code set tries = tries + 1, ended_at = case when tries + 1 >= $3 then $4::timestamptz end,"
            " ending = case when tries + 1 >= $3 then 'tries' else '' end where locator = $1 and " + _LIVE,
            rules.locator_of(code),
            now,
            rules.MOST_TRIES,
            now,
        )
        return rules.BadCode()
    taken = await connection().fetchval("select exists (select from claim_member where enterprise = $1 and is_owner and ended_at is null)", mine["enterprise"])
    return Opened(mine["id"], mine["enterprise"], mine["kind"], bool(taken))


async def claim(opened: Opened, enterprise_code: str, person: Person, password: str, *, is_demo: bool = False) -> UUID:
    """认领: the code is used up, its holder is one of the enterprise's people from now on. Returns the member.

    A code of the office makes an owner. Where there is one with the same telephone, it is that person who starts anew with another
    password; anybody else takes the enterprise over, and all who were there before are out.
    ``is_demo``: the password stands on the sign-in page.
    Raises ``Invalid`` naming the field, ``TooManyMembers``, ``Conflict`` where the same telephone is there already.
    """
    rules.check_person(person.person, person.position)
    person = Person(person.person.strip(), person.position.strip(), rules.read_phone(person.phone))
    if not is_demo:
        await password_rules.check(password, person.phone, person.person)
    now, login = clock.now(), hash_login(enterprise_code, person.phone)
    members = await connection().fetch("select id, login_hash from claim_member where enterprise = $1 and ended_at is null for update", opened.enterprise)
    same = next((row["id"] for row in members if row["login_hash"] == login), None)
    if opened.kind == rules.INVITE and same is not None:
        raise Invalid(field="phone", why_zh="这个手机号已在本企业使用", why_en="this telephone number is in use in this enterprise already")
    if opened.kind != rules.INVITE:
        await _make_room(opened.enterprise, enterprise_code, keep=same)
    elif len(members) >= rules.MOST_MEMBERS:
        raise rules.TooManyMembers(limit=rules.MOST_MEMBERS)
    rights = await connection().fetchval("update claim_code set used_at = $2 where id = $1 and used_at is null returning rights", opened.id, now)
    if rights is None:
        raise rules.BadCode()
    member, secret, is_owner = same or new_id(), await hash_slowly(password), opened.kind != rules.INVITE
    # Who comes in anew takes the former row up again, so that what they did stays theirs.
    await connection().execute(
        "insert into claim_member (id, enterprise, is_owner, rights, sealed, login_hash, password_hash, code, joined_at, ending, version)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', 1)"
        " on conflict (id) do update set is_owner = excluded.is_owner, rights = excluded.rights, sealed = excluded.sealed,"
        " password_hash = excluded.password_hash, code = excluded.code, version = claim_member.version + 1",
        member,
        opened.enterprise,
        is_owner,
        list(rights),
        seal(person),
        login,
        secret,
        opened.id,
        now,
    )
    await ledger.record(
        "claim.claimed",
        actor=member,
        subject=str(opened.id),
        payload={"enterprise": enterprise_code, "kind": opened.kind, "owner": is_owner, "anew": same is not None},
    )
    return member


async def _make_room(enterprise: UUID, enterprise_code: str, keep: UUID | None) -> None:
    """Before an owner comes in by the office's code: the same person loses sessions and passkeys, another takes everybody's place."""
    if keep is not None:
        await connection().execute("delete from claim_session where member = $1", keep)
        await connection().execute("delete from claim_passkey where member = $1", keep)
        await connection().execute(
            "update claim_member set is_owner = false, rights = $3 where enterprise = $1 and is_owner and ended_at is null and id <> $2",
            enterprise,
            keep,
            list(rules.RIGHTS),
        )
        return
    for row in await connection().fetch("select id from claim_member where enterprise = $1 and ended_at is null", enterprise):
        await _end(row["id"], enterprise_code, why="taken over", by=None)


async def change_rights(member: UUID, rights: Sequence[str], *, enterprise: UUID, seen: int, by: UUID) -> None:
    """The owner says anew what one of the staff may do. Raises ``NotFound``, ``Conflict`` where somebody else has changed it meanwhile."""
    given = rules.check_rights(rights)
    row = await _lock(member, enterprise)
    if row["is_owner"]:
        raise NotFound()
    if row["version"] != seen:
        raise Conflict()
    await connection().execute("update claim_member set rights = $2, version = version + 1 where id = $1", member, list(given))
    await ledger.record("claim.changed", actor=by, subject=str(member), payload={"what": "rights", "rights": list(given)})


async def change_password(member: UUID, password: str, *, keep_session: str) -> None:
    """All other sessions of the person end. ``keep_session``: the SHA-256 of the cookie that stays. Raises ``Invalid``."""
    row = await connection().fetchrow("select sealed from claim_member where id = $1 and ended_at is null for update", member)
    if row is None:
        raise NotFound()
    told = unseal(row["sealed"])
    await password_rules.check(password, told.phone, told.person)
    await connection().execute("update claim_member set password_hash = $2, version = version + 1 where id = $1", member, await hash_slowly(password))
    await connection().execute("delete from claim_session where member = $1 and key_sha256 <> $2", member, keep_session)
    await ledger.record("claim.changed", actor=member, subject=str(member), payload={"what": "password"})


async def end_member(member: UUID, *, enterprise: UUID, enterprise_code: str, by: UUID) -> None:
    """One of the staff is out, at once. Raises ``NotFound``; an owner ends the claim as a whole."""
    if (await _lock(member, enterprise))["is_owner"]:
        raise NotFound()
    await _end(member, enterprise_code, why="by the owner" if by != member else "left", by=by)


async def end_claim(enterprise: UUID, enterprise_code: str, *, why: str, by: UUID) -> int:
    """终止认领: everybody of the enterprise is out, live codes are revoked. ``why`` is for people. Returns how many they were.

    Raises ``Invalid`` without a reason.
    """
    if len(why.strip()) < 4:
        raise Invalid(field="reason", why_zh="请写明理由", why_en="give the reason")
    rows = await connection().fetch("select id from claim_member where enterprise = $1 and ended_at is null order by is_owner for update", enterprise)
    for row in rows:
        await _end(row["id"], enterprise_code, why=why.strip()[:200], by=by)
    codes = await connection().fetch(
        f"update claim_code set ended_at = $2, ending = $3 where enterprise = $1 and {_LIVE} returning id", enterprise, clock.now(), rules.REVOKED
    )
    for row in codes:
        await ledger.record("claim.revoked", actor=by, subject=str(row["id"]), payload={})
    return len(rows)


async def _lock(member: UUID, enterprise: UUID) -> dict[str, object]:
    row = await connection().fetchrow("select enterprise, is_owner, version from claim_member where id = $1 and ended_at is null for update", member)
    if row is None or row["enterprise"] != enterprise:
        raise NotFound()
    return dict(row)


async def _end(member: UUID, enterprise_code: str, *, why: str, by: UUID | None) -> None:
    row = await connection().fetchrow("select sealed from claim_member where id = $1", member)
    told = unseal(row["sealed"])
    # The name stays with what the person did; the number has no purpose any more.
    await connection().execute(
        "update claim_member set ended_at = $2, ending = $3, sealed = $4, login_hash = '', password_hash = '', version = version + 1 where id = $1",
        member,
        clock.now(),
        why,
        seal(Person(told.person, told.position, "")),
    )
    for table in ("claim_session", "claim_passkey", "claim_challenge"):
        await connection().execute(f"delete from {table} where member = $1", member)
    await ledger.record("claim.ended", actor=by, subject=str(member), payload={"enterprise": enterprise_code})


async def keep_upload(enterprise: UUID, sha256: str, size: int, *, by: UUID) -> None:
    """Idempotent: the same file of the same enterprise is kept once."""
    await connection().execute(
        "insert into claim_upload (id, enterprise, sha256, bytes, uploaded_by, uploaded_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        new_id(),
        enterprise,
        sha256,
        size,
        by,
        clock.now(),
    )
