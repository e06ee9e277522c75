"""How long Postgres takes to find programs and lessons by words (`q=`).

    python -m bench.search [LESSONS]

Makes a catalog of so many lessons (100,000 if not said), a third of them with English, Telugu and Hindi titles each,
of words that are as common as words of a language are: the n-th is used 1/n as often as the first. Looks for words out
of it, whole and half typed, as both lists and the pages' search do; for words of one letter; and for what 2,000 of the
oldest lessons have and none of the newer. Prints median, p95 and longest of a search by one session, and ends with 1
when a p95 is more than BOUND_MS. DATABASE_URL names the Postgres; else embedded.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.data import FOUND, LESSONS_A_PROGRAM, a_catalog
from chaishots.content.catalog import lesson_list, statements, viewer_search
from chaishots.content.catalog.filters import Selection
from chaishots.content.search_words import search_of
from chaishots.database.connection import Connection, at_connect
from chaishots.database.embedded import embedded_postgres

LESSONS: Final = 100_000
BOUND_MS: Final = 50
SEARCHES: Final = 60
"""Of each kind and language."""
WORDS: Final = 3_000
"""How many a language has."""
OLD: Final = "archaic"
_SYLLABLES: Final = {
    "en": "ba co di fe gu ha jo ka le mi no pu ra se ti vo wa xe ya zu",
    "te": "బ కా ది ఫె గు హా జో క లే మి నో పు ర సే తి వో వా చె యా జు",
    "hi": "ब का दि फे गु हा जो क ले मि नो पु र से ति वो वा चे या जु",
}
_TITLES: Final = """
    update lesson set title = named.title, summary = named.summary
      from (select id, row_number() over (order by id) as place from lesson) as numbered
           join unnest($1::text[], $2::text[]) with ordinality as named (title, summary, place)
           using (place)
     where lesson.id = numbered.id
"""
_PROGRAM_TITLES: Final = """
    update program set title = first.title
      from (select distinct on (term.program_id) term.program_id, lesson.title
              from term join lesson on lesson.term_id = term.id order by term.program_id, lesson.id) as first
     where first.program_id = program.id
"""
# Lessons of one moment would be in no order; those of the oldest programs have a word that no other has.
_MOMENTS: Final = f"""
    update lesson set published_at = now() - place * interval '1 minute',
                      title = case when status = 'published' and place > newer then title || ' {OLD}' else title end
      from (select lesson.id as its, row_number() over (order by program.published_at desc, lesson.id) as place,
                   count(*) over () - 2000 as newer
              from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id
             where lesson.status = 'published') as numbered
     where lesson.id = numbered.its
"""

Search = Callable[[Connection, tuple[str, ...]], Awaitable[Any]]  # Any: what it finds
SEARCHED: Final[dict[str, Search]] = {
    "lessons": lambda sql, words: lesson_list.lessons(sql, limit=20, selection=Selection(words=words)),
    "programs": lambda sql, words: statements.programs(sql, limit=20, selection=Selection(words=words)),
    "pages": viewer_search.search,
}


class Language:
    """The words of a language, the commonest first, and texts of them."""

    def __init__(self, tag: str, chance: random.Random) -> None:
        self._chance = chance
        self._words = list(
            {"".join(chance.choices(_SYLLABLES[tag].split(), k=chance.randint(1, 4))): None for _ in range(2 * WORDS)}
        )[:WORDS]
        self._weights = list(accumulate(1 / place for place in range(1, len(self._words) + 1)))

    def words(self, number: int) -> list[str]:
        """Some of them, as often as they are used."""
        return self._chance.choices(self._words, cum_weights=self._weights, k=number)

    def letter(self) -> str:
        """The first letter of a word."""
        return self.words(1)[0][0]

    def typed(self, number: int) -> str:
        """Words of which the last is not yet typed to its end."""
        *before, last = self.words(number)
        return " ".join([*before, last[: max(2, len(last) - 1)]])


KINDS: Final[dict[str, Callable[[Language], str]]] = {
    "one word": lambda language: language.typed(1),
    "two words": lambda language: language.typed(2),
    "three words": lambda language: language.typed(3),
    "one letter": Language.letter,
    "a letter, a word": lambda language: f"{language.letter()} {language.typed(1)}",
    "a word, a letter": lambda language: f"{language.words(1)[0]} {language.letter()}",
    "a word of old lessons": lambda language: OLD,
    "that, and another": lambda language: f"{OLD} {language.typed(1)}",
}


async def fill(dsn: str, languages: dict[str, Language]) -> None:
    """Give the lessons and programs of a catalog their texts."""
    sql = await asyncpg.connect(dsn)
    try:
        await sql.execute("set session_replication_role = replica; set synchronous_commit = off")
        number = await sql.fetchval("select count(*) from lesson")
        tags = [list(languages)[place % len(languages)] for place in range(number)]
        titles = [" ".join(languages[tag].words(6)) for tag in tags]
        summaries = [" ".join(languages[tag].words(14)) for tag in tags]
        await sql.execute(_TITLES, titles, summaries)
        await sql.execute("truncate program_words, lesson_words")
        for statement in (_PROGRAM_TITLES, _MOMENTS, FOUND, "vacuum full analyze", "checkpoint"):
            await sql.execute(statement)
    finally:
        await sql.close()


async def measure(dsn: str, languages: dict[str, Language]) -> float:
    """Search, print what was seen, and give the longest p95 in milliseconds."""
    # Statements of any length stay prepared, as in the pool.
    sql = await asyncpg.connect(dsn, server_settings=at_connect("bench"), max_cacheable_statement_size=0)
    try:
        return max(
            [
                await _measured(sql, f"{name}, {kind}, {tag}", search, partial(KINDS[kind], language))
                for name, search in SEARCHED.items()
                for kind in KINDS
                for tag, language in languages.items()
            ]
        )
    finally:
        await sql.close()


async def _measured(sql: Connection, what: str, search: Search, typed: Callable[[], str]) -> float:
    took: list[float] = []
    for _ in range(SEARCHES):
        words = search_of(typed())
        began = time.perf_counter()
        await search(sql, words)
        took.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{what:45} median {statistics.median(took):6.1f} p95 {p95:6.1f} longest {max(took):6.1f} ms", flush=True)
    return p95


async def _run(postgres: str, number: int) -> float:
    chance = random.Random(16)  # the same words each time
    languages = {tag: Language(tag, chance) for tag in _SYLLABLES}
    dsn = await a_catalog(postgres, -(-number // LESSONS_A_PROGRAM))
    await fill(dsn, languages)
    return await measure(dsn, languages)


if __name__ == "__main__":
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaishots-", ignore_cleanup_errors=True)))
        url = os.environ.get("DATABASE_URL") or stack.enter_context(embedded_postgres(folder / "postgres"))
        longest = asyncio.run(_run(url, int(sys.argv[1]) if len(sys.argv) > 1 else LESSONS))
        print(f"The longest p95 is {longest:.1f} ms; it is to be no more than {BOUND_MS}.")
    sys.exit(longest > BOUND_MS)
