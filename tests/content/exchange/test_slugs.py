"""Slugs in files: made of titles, kept by exports, left alone by files that have none."""

from pathlib import Path

import pytest

from chaishots.content.editing.programs import change_program
from chaishots.content.errors import BadFile
from chaishots.content.exchange import seed
from chaishots.content.exchange.exporting import export_text
from chaishots.content.exchange.importing import import_content
from chaishots.database.connection import Connection
from tests.builders import a_program, a_public_program

pytestmark = pytest.mark.usefixtures("database")


async def slugs(sql: Connection) -> dict[str, tuple[str, list[str]]]:
    rows = await sql.fetch("select title, slug, former_slugs from program")
    return {row["title"]: (row["slug"], row["former_slugs"]) for row in rows}


def a_file(folder: Path, text: str) -> Path:
    file = folder / "content.yaml"
    file.write_text(text)
    return file


async def test_a_file_need_not_name_them(sql: Connection, tmp_path: Path) -> None:
    file = a_file(tmp_path, "programs: [{title: తెలుగు, language_primary: te}, {title: Chai, language_primary: en}]")
    await seed.seed(file, actor="seed")
    assert await slugs(sql) == {"తెలుగు": ("telugu", []), "Chai": ("chai", [])}


async def test_an_export_brings_former_ones_back(sql: Connection, tmp_path: Path) -> None:
    program = await a_public_program(sql, title="Chai", slug="first")
    await change_program(program, {"slug": "second"}, actor="asha")
    file = a_file(tmp_path, "".join([piece async for piece in export_text(sql)]))
    await sql.execute("update lesson set status = 'archived'; delete from program")

    await import_content(file, actor="import")

    assert await slugs(sql) == {"Chai": ("second", ["first"])}
    assert await sql.fetchval("select program_id from program_slug where slug = 'first'") == program


@pytest.mark.parametrize("said", ["", ", slug: null"])
async def test_a_file_without_one_leaves_it(sql: Connection, tmp_path: Path, said: str) -> None:
    await a_program(sql, title="Chai", slug="tea")
    file = a_file(tmp_path, f"programs: [{{title: Chai, description: Hot, language_primary: en{said}}}]")
    await import_content(file, actor="import")
    assert await slugs(sql) == {"Chai": ("tea", [])}


async def test_a_file_that_names_another_ones_is_told_where(sql: Connection, tmp_path: Path) -> None:
    await a_program(sql, title="Chai", slug="tea")
    file = a_file(
        tmp_path, "programs:\n- {title: A, language_primary: en}\n- {title: B, language_primary: en, slug: tea}"
    )
    for store in seed.seed, import_content:
        with pytest.raises(BadFile, match=r"programs\[1\]\.slug"):
            await store(file, actor="import")


@pytest.mark.parametrize("slug", ["Tea", "a b", "[a]", "019ac3f0-6a53-7b1c-8e1e-6c0c4b0e9d59"])
async def test_a_file_with_none_that_may_be_is_told_the_rule(tmp_path: Path, slug: str) -> None:
    file = a_file(tmp_path, f"programs: [{{title: A, language_primary: en, slug: {slug}}}]")
    with pytest.raises(BadFile, match="small Latin letters"):
        await seed.seed(file, actor="seed")
