"""Claims: codes that work once, for a while, for so many tries; people who come in, take over and leave; passwords, sessions, passkeys."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from backend.claims import passkeys, queries, rules, service, sessions
from backend.claims.sealing import Person, code_of, unseal
from backend.kernel import clock
from backend.kernel.errors import Conflict, Invalid, NotFound
from backend.limits.rules import TooManyRequests
from backend.people.ceremonies import BadPasskey, StaleChallenge
from backend.people.service import TooManyAttempts
from backend.storage.engine import connection, transaction
from backend.usecases import claiming
from tests.soft_authenticator import Authenticator
from tests.usecases.test_records import principal

HERE, PASSWORD = "10.0.0.7", "a long enough one"
LI, WANG = Person("李建国", "店长", "138 1111 0001"), Person("王芳", "会计", "13811110002")


async def shop(nth: int = 0) -> tuple[UUID, str]:
    """An enterprise of the demo that nobody has claimed."""
    async with transaction():
        row = await connection().fetchrow(
            "select id, code from enterprise e where status = 'active' and not exists (select from claim_code c where c.enterprise = e.id)"
            " order by code offset $1 limit 1",
            nth,
        )
    return row["id"], row["code"]


async def letter(enterprise: UUID, kind: str = rules.POST) -> str:
    return (await claiming.issue_code(enterprise, uuid4(), kind=kind, by=await principal("manager"))).code


async def claimed(enterprise: UUID, person: Person = LI) -> UUID:
    return await claiming.claim(await letter(enterprise), person, PASSWORD, HERE)


async def one(sql: str, *args):
    async with transaction():
        return await connection().fetchval(sql, *args)


async def sign_in(code: str, phone: str, password: str, address: str = HERE):
    async with transaction():
        return await sessions.check_password(code, phone, password, address)


async def test_from_the_letter_to_a_session(demo):
    enterprise, code = await shop()
    text = await letter(enterprise)
    opened, found = await claiming.read_code(text.lower(), HERE)
    assert (found.id, opened.is_taken, opened.kind) == (enterprise, False, "post")
    member = await claiming.claim(text, LI, PASSWORD, HERE)
    who = await queries.find_member(member)
    assert (who.person, who.position, who.is_owner, who.code, who.role) == ("李建国", "店长", True, code, "enterprise")
    assert await sign_in(code.lower(), "13811110001", PASSWORD) == member
    async with transaction():
        cookie = await sessions.open_session(member)
        assert (await queries.find_session(cookie)).id == member
        await sessions.close_session(cookie)
        assert await queries.find_session(cookie) is None
    with pytest.raises(rules.BadCode):
        await claiming.claim(text, WANG, PASSWORD, HERE)


async def test_neither_code_nor_name_nor_number_can_be_read_from_the_tables_or_the_log(demo):
    enterprise, _code = await shop()
    text = await letter(enterprise)
    await claiming.claim(text, LI, PASSWORD, HERE)
    async with transaction():
        rows = [str(dict(r)) for t in ("claim_code", "claim_member") for r in await connection().fetch(f"select * from {t}")]
        rows += [r["t"] for r in await connection().fetch(
            "select p.payload::text as t from ledger_payload p join ledger_entry e using (entry_id) where e.type like 'claim%'")]
    assert len(rows) > 5
    for secret in (text, text.replace("-", ""), "李建国", "13811110001", "138 1111 0001"):
        assert not any(secret in row for row in rows), secret


async def test_the_same_form_gives_the_same_letter_and_a_new_one_replaces_it(demo):
    enterprise, _code = await shop()
    manager, form = await principal("manager"), uuid4()
    first = await claiming.issue_code(enterprise, form, kind="post", by=manager)
    again = await claiming.issue_code(enterprise, form, kind="post", by=manager)
    assert (first.code, first.expires_at) == (again.code, again.expires_at)
    assert first.code == code_of(form)
    assert (first.expires_at - clock.now()).days == 59
    other = await letter(enterprise, rules.SITE)
    with pytest.raises(rules.BadCode):
        await claiming.read_code(first.code, HERE)
    await claiming.read_code(other, HERE)
    with pytest.raises(Conflict):
        await claiming.issue_code(enterprise, form, kind="post", by=manager)
    with pytest.raises(NotFound):
        await claiming.issue_code((await shop(1))[0], form, kind="post", by=manager)
    assert await one("select count(*) from ledger_entry where type = 'claim.issued' and subject = $1", str(form)) == 1


async def test_a_code_expires_is_revoked_and_wears_out(demo):
    enterprise, _code = await shop()
    manager, form = await principal("manager"), uuid4()
    text = (await claiming.issue_code(enterprise, form, kind="site", by=manager)).code
    late = clock.now() + timedelta(days=3)
    clock.hold(lambda: late)
    with pytest.raises(rules.BadCode):
        await claiming.read_code(text, HERE)
    clock.hold(None)
    await claiming.revoke_code(enterprise, form, by=manager)
    with pytest.raises(rules.BadCode):
        await claiming.read_code(text, HERE)
    with pytest.raises(Conflict):
        await claiming.revoke_code(enterprise, form, by=manager)
    text = await letter(enterprise)
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    for _ in range(rules.MOST_TRIES):
        await claiming.read_code(text, HERE)
        with pytest.raises(rules.BadCode):
            await claiming.read_code(wrong, HERE)
    with pytest.raises(rules.BadCode):
        await claiming.read_code(text, HERE)
    assert (await queries.list_codes(enterprise, "post"))[0].state == "tries"


async def test_a_stranger_cannot_wear_out_a_code_and_is_slowed_down(demo):
    enterprise, _code = await shop()
    text = await letter(enterprise)
    for n in range(claiming.TRIES.times):
        with pytest.raises(rules.BadCode):
            await claiming.read_code(rules.spell(n, n), HERE)
    with pytest.raises(TooManyRequests):
        await claiming.read_code(text, HERE)
    opened, _found = await claiming.read_code(text, "10.0.0.8")
    assert opened.enterprise == enterprise


async def test_two_people_with_one_code_are_one_member(demo):
    enterprise, _code = await shop()
    text = await letter(enterprise)
    done = await asyncio.gather(*(claiming.claim(text, p, PASSWORD, HERE) for p in (LI, WANG)), return_exceptions=True)
    assert sorted(isinstance(d, UUID) for d in done) == [False, True]
    assert len(await queries.list_members(enterprise)) == 1


async def test_the_offices_new_code_resets_a_password_or_hands_the_enterprise_over(demo):
    enterprise, code = await shop()
    owner = await claimed(enterprise)
    async with transaction():
        cookie = await sessions.open_session(owner)
    opened, _found = await claiming.read_code(text := await letter(enterprise), HERE)
    assert opened.is_taken
    assert await claiming.claim(text, LI, "another long one", HERE) == owner, "the same number is the same person"
    assert await queries.find_session(cookie) is None
    assert isinstance(await sign_in(code, LI.phone, PASSWORD), rules.BadSignIn)
    assert await sign_in(code, LI.phone, "another long one") == owner
    new = await claimed(enterprise, WANG)
    assert new != owner
    assert await queries.find_member(owner) is None
    assert isinstance(await sign_in(code, LI.phone, "another long one"), rules.BadSignIn)
    assert [m.person for m in await queries.list_members(enterprise, with_ended=True)] == ["王芳", "李建国"]
    assert unseal(await one("select sealed from claim_member where id = $1", owner)) == Person("李建国", "店长", ""), "the number has gone"


async def test_what_is_missing_is_named_and_the_code_stays_good(demo):
    enterprise, _code = await shop()
    text = await letter(enterprise)
    for person, password, field in (
        (Person("", "店长", LI.phone), PASSWORD, "person"),
        (Person("李", "", LI.phone), PASSWORD, "position"),
        (Person("李", "店长", "x"), PASSWORD, "phone"),
        (LI, "short", "password"),
        (LI, "my13811110001!", "password"),
    ):
        with pytest.raises(Invalid) as refused:
            await claiming.claim(text, person, password, HERE)
        assert refused.value.fields["field"] == field
    await claiming.claim(text, LI, PASSWORD, HERE)


async def test_a_password_is_guessed_five_times_at_most(demo):
    enterprise, code = await shop()
    await claimed(enterprise)
    for _ in range(5):
        assert isinstance(await sign_in(code, LI.phone, "wrong wrong wrong"), rules.BadSignIn)
    assert isinstance(await sign_in(code, LI.phone, PASSWORD), TooManyAttempts)
    assert isinstance(await sign_in(code, "13900000000", PASSWORD, "10.0.0.9"), rules.BadSignIn), "nobody there: the same answer"


async def test_rights_and_the_end_of_a_person(demo):
    enterprise, code = await shop()
    owner = await claimed(enterprise)
    async with transaction():
        invited = await service.issue(uuid4(), enterprise, code, kind="invite", rights=["reply"], by=owner)
    staff = await claiming.claim(invited, WANG, PASSWORD, HERE)
    who = await queries.find_member(staff)
    assert (who.is_owner, who.may("reply"), who.may("object")) == (False, True, False)
    async with transaction():
        await service.change_rights(staff, ["object"], enterprise=enterprise, seen=1, by=owner)
    with pytest.raises(Conflict):
        async with transaction():
            await service.change_rights(staff, ["reply"], enterprise=enterprise, seen=1, by=owner)
    assert (await queries.find_member(staff)).rights == {"object"}
    other = (await shop())[0]
    for verb in (
        lambda: service.change_rights(staff, [], enterprise=other, seen=2, by=owner),
        lambda: service.end_member(staff, enterprise=other, enterprise_code="x", by=owner),
        lambda: service.end_member(owner, enterprise=enterprise, enterprise_code=code, by=owner),
    ):
        with pytest.raises(NotFound):
            async with transaction():
                await verb()
    async with transaction():
        cookie = await sessions.open_session(staff)
        await service.end_member(staff, enterprise=enterprise, enterprise_code=code, by=owner)
        assert await queries.find_session(cookie) is None
    async with transaction():
        assert await service.end_claim(enterprise, code, why="企业注销", by=owner) == 1
    assert await queries.list_members(enterprise) == []
    assert await one("select count(*) from ledger_entry where type = 'claim.ended' and subject = any($1)", [str(owner), str(staff)]) == 2


async def test_a_passkey_of_the_enterprise_signs_in_and_is_not_the_offices(demo):
    enterprise, _code = await shop()
    member = await claimed(enterprise)
    phone = Authenticator()
    async with transaction():
        asked = await passkeys.ask_to_add(await queries.find_member(member))
    async with transaction():
        made = await passkeys.add(asked.id, phone.create(asked.options), member=member, name="手机")
    assert isinstance(made, UUID)

    async def use(device: Authenticator):
        async with transaction():
            question = await passkeys.ask_to_sign_in()
        answer = device.get(question.options)
        async with transaction():
            first = await passkeys.check(question.id, answer, HERE)
        async with transaction():
            assert isinstance(await passkeys.check(question.id, answer, HERE), StaleChallenge)
        return first

    assert await use(phone) == member
    assert isinstance(await use(Authenticator()), BadPasskey)
    from backend.people import passkeys as office

    async with transaction():
        question = await office.ask_to_sign_in()
    async with transaction():
        assert isinstance(await office.check(question.id, phone.get(question.options), HERE), BadPasskey)
    with pytest.raises(NotFound):
        async with transaction():
            await passkeys.remove(made, member=uuid4())
    async with transaction():
        await passkeys.remove(made, member=member)
    assert isinstance(await use(phone), BadPasskey)


async def test_letters_for_many_at_once(demo):
    manager, form = await principal("manager"), uuid4()
    shops = [(await shop(n))[0] for n in range(3)]
    await claimed(shops[0])
    made = await claiming.issue_letters(shops, form, by=manager)
    assert [x.enterprise.id for x in made] == shops[1:], "who has claimed gets none"
    again = await claiming.issue_letters(shops, form, by=manager)
    assert [x.code for x in again] == [x.code for x in made], "the same form prints the same letters"
    assert await claiming.issue_letters(shops, uuid4(), by=manager) == [], "they hold a live code"
    standing = await queries.count_standing(manager.scope)
    assert standing.claimed == 2, "the demo's shop and this one"
    assert standing.waiting == 3
    with pytest.raises(Invalid):
        await claiming.issue_letters([uuid4()] * 201, uuid4(), by=manager)
