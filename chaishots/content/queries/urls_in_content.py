"""Which URLs content has, and where: posters of programs; content, subtitles and thumbnails of lessons."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chaishots.database.connection import Connection

_FETCHED: Final = 2_000


@dataclass(frozen=True, slots=True)
class LinkUse:
    """Where a URL stands first, and how many times in all. place: as in `thumbnails.en.portrait`."""

    kind: str
    id: UUID
    title: str
    place: str
    count: int = 1


# What is archived nobody is shown. A map has a URL a language, or a map of variants to URLs a language.
_URLS: Final = """
    with maps as (
        select 'program' as kind, id, title, 'posters' as name, posters as map from program
         where status <> 'archived' and ($1::uuid is null or id = $1)
        union all
        select 'lesson', lesson.id, lesson.title, each.name, each.map
          from lesson join term on term.id = lesson.term_id join program on program.id = term.program_id,
               lateral (values ('content_urls', content_urls), ('subtitle_urls', subtitle_urls),
                               ('thumbnails', thumbnails)) as each (name, map)
         where lesson.status <> 'archived' and program.status <> 'archived' and ($1::uuid is null or program.id = $1)
    )
    select kind, id, title, concat_ws('.', name, language, variant) as place, url
      from maps, jsonb_each(map) as of_language (language, value),
           lateral (
               select null as variant, value #>> '{}' as url where jsonb_typeof(value) = 'string'
               union all
               select key, of_variant.value
                 from jsonb_each_text(case jsonb_typeof(value) when 'object' then value else '{}' end) as of_variant
           ) as urls
     order by kind desc, id, place
"""


async def find_links(connection: Connection, program_id: UUID | None = None) -> dict[str, LinkUse]:
    """Every URL once, with where it stands; programs come first.

    Args:
        connection: one in no transaction, and whose statements have time.
        program_id: only those of this program and its lessons.
    """
    found: dict[str, LinkUse] = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        async for row in connection.cursor(_URLS, program_id, prefetch=_FETCHED):
            use, url = found.get(row["url"]), row["url"]
            if use is None:
                found[url] = LinkUse(row["kind"], row["id"], row["title"], row["place"])
            else:
                found[url] = LinkUse(use.kind, use.id, use.title, use.place, use.count + 1)
    return found
