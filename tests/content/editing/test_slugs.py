"""The address of a program: made of its title or given, unique, and lasting once somebody may know it."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from chaishots.content.editing.copies import copy_program
from chaishots.content.editing.programs import change_program, create_program, delete_program
from chaishots.content.errors import Conflict, InvalidContent
from chaishots.content.models import Program
from chaishots.database.connection import Connection
from tests.builders import a_program, a_public_program, history, row
from tests.conftest import Database

pytestmark = pytest.mark.usefixtures("database")
ASHA = "asha"


async def made(title: str, **values: object) -> Program:
    return await create_program({"title": title, "language_primary": "te", **values}, actor=ASHA)


async def slugs_of(sql: Connection, program: UUID) -> tuple[str, list[str]]:
    found = await row(sql, "program", program)
    return found["slug"], found["former_slugs"]


async def leads_to(sql: Connection, slug: str) -> UUID | None:
    return await sql.fetchval("select program_id from program_slug where slug = $1", slug)


async def test_it_is_made_of_the_title() -> None:
    assert (await made("తెలుగు అక్షరాలు")).slug == "telugu-aksaralu"
    assert (await made("The  Chai's story!")).slug == "the-chais-story"
    assert (await made("x" * 300)).slug == "x" * 60


@pytest.mark.parametrize("title", ["…", "019ac3f0-6a53-7b1c-8e1e-6c0c4b0e9d59"])
async def test_a_title_of_no_letters_or_like_an_id_makes_a_program_of_it(title: str) -> None:
    assert (await made(title)).slug == "program"


async def test_programs_of_one_title_are_numbered() -> None:
    slugs = [(await made("Chai")).slug for _ in range(23)]
    assert slugs[:3] == ["chai", "chai-2", "chai-3"]
    assert len(set(slugs)) == 23


async def test_programs_of_one_title_that_are_made_at_once_are_numbered() -> None:
    programs = await asyncio.gather(*(made("Chai") for _ in range(5)))
    assert sorted(program.slug for program in programs) == ["chai", "chai-2", "chai-3", "chai-4", "chai-5"]


async def test_an_editor_gives_one() -> None:
    assert (await made("చాయ్", slug="chai-for-two")).slug == "chai-for-two"


@pytest.mark.parametrize("slug", ["", "Chai", "chai--2", "చాయ్", str(uuid4()), "a" * 81])
async def test_what_is_none_is_refused(slug: str) -> None:
    with pytest.raises(InvalidContent) as refused:
        await made("Chai", slug=slug)
    assert refused.value.field == "slug"


async def test_one_that_another_program_has_or_had_is_refused(sql: Connection) -> None:
    program = await a_public_program(sql, slug="now")
    await change_program(program, {"slug": "later"}, actor=ASHA)

    for taken in "later", "now":
        with pytest.raises(Conflict) as refused:
            await made("Chai", slug=taken)
        assert refused.value.field == "slug"
        with pytest.raises(Conflict):
            await made("Chai", former_slugs=[taken])


async def test_a_title_takes_its_slug_along_until_it_is_published(sql: Connection) -> None:
    draft = await made("Chai")

    changed = await change_program(draft.id, {"title": "టీ"}, actor=ASHA)

    assert (changed.slug, changed.former_slugs) == ("ti", [])
    assert await leads_to(sql, "chai") is None


async def test_a_slug_that_was_given_stays_when_the_title_changes() -> None:
    draft = await made("Chai", slug="tea")
    assert (await change_program(draft.id, {"title": "Coffee"}, actor=ASHA)).slug == "tea"


async def test_a_published_program_keeps_its_slug_when_its_title_changes(sql: Connection) -> None:
    program = await a_public_program(sql, title="Chai")
    changed = await change_program(program, {"title": "Coffee"}, actor=ASHA)
    assert (changed.slug, changed.former_slugs) == ("chai", [])


async def test_what_a_published_program_was_called_leads_to_it_still(sql: Connection) -> None:
    program = await a_public_program(sql, slug="first")
    for slug in "second", "third":
        await change_program(program, {"slug": slug}, actor=ASHA)

    assert await slugs_of(sql, program) == ("third", ["second", "first"])
    assert await leads_to(sql, "first") == program
    assert (await history(sql, program))[-2:] == ["program.change", "program.change"]

    await change_program(program, {"slug": "first"}, actor=ASHA)
    assert await slugs_of(sql, program) == ("first", ["third", "second"])


async def test_an_editor_gives_up_a_former_one(sql: Connection) -> None:
    program = await a_public_program(sql, slug="first")
    await change_program(program, {"slug": "second"}, actor=ASHA)

    await change_program(program, {"former_slugs": []}, actor=ASHA)

    assert (await made("Chai", slug="first")).slug == "first"


async def test_no_more_than_50_former_ones_are_kept_the_newest(sql: Connection) -> None:
    program = await a_public_program(sql, slug="s0")
    for number in range(1, 53):
        await sql.execute("update program set slug = $2 where id = $1", program, f"s{number}")
    _, former = await slugs_of(sql, program)
    assert (len(former), former[0], former[-1]) == (50, "s51", "s2")
    assert await leads_to(sql, "s1") is None


async def test_a_program_that_is_deleted_leaves_its_slug_to_others() -> None:
    draft = await made("Chai")
    await delete_program(draft.id, actor=ASHA)
    assert (await made("Chai")).slug == "chai"


async def test_a_copy_gets_its_own(sql: Connection) -> None:
    program = await a_public_program(sql, title="చాయ్", slug="chay")
    await change_program(program, {"slug": "tea"}, actor=ASHA)
    await change_program(program, {"slug": "chay"}, actor=ASHA)

    assert await slugs_of(sql, await copy_program(program, actor=ASHA)) == ("cay", [])
    assert await slugs_of(sql, await copy_program(program, title="కాఫీ", actor=ASHA)) == ("kaphi", [])


async def test_psql_makes_one_of_latin_letters_and_of_words_behind_a_tilde(sql: Connection) -> None:
    by_title = await a_program(sql, title="చాయ్ Chai & Co.")
    by_words = await a_program(sql, title="చాయ్", slug="~Chai for two")
    assert (await slugs_of(sql, by_title))[0] == "chai-co"
    assert (await slugs_of(sql, by_words))[0] == "chai-for-two"


async def test_two_who_take_one_at_once_do_not_both_get_it(database: Database, sql: Connection) -> None:
    other = await asyncpg.connect(database.dsn)
    first = other.transaction()
    await first.start()
    await other.execute("insert into program (title, slug, language_primary) values ('A', 'chai', 'en')")

    second = asyncio.create_task(made("B", slug="chai"))
    await asyncio.sleep(0)
    await first.commit()

    with pytest.raises(Conflict):
        await second
    await other.close()
