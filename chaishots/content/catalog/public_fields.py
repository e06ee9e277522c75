"""What the catalog shows of a program, a term and a lesson: each member in SQL, in the order in which it is shown.

`public_json.py` chooses among them.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from chaishots.content import answer_format
from chaishots.content.catalog.json_sql import (
    AllTexts,
    Flag,
    Json,
    KnownMoment,
    KnownNumber,
    LanguageMap,
    Member,
    Members,
    Moment,
    Number,
    Part,
    Rows,
    Text,
    TextLanguage,
    Topics,
    Word,
    Words,
)
from chaishots.content.catalog.what_is_public import published
from chaishots.content.field_kinds import Field, Kind
from chaishots.content.fields import LESSON, PROGRAM, TERM
from chaishots.content.lifecycle import VARIANTS
from chaishots.content.stored_refusals import is_refused

ID: Final = "id"
LOCKED: Final = "locked"
_COMING_SOON: Final = "coming_soon"
_TEXTS: Final = ("title", "title_language", "description", "summary", "topics")
PREFERABLE: Final = (*_TEXTS, _COMING_SOON, "term", "program", "assets", "content_urls_by_language")
URLS: Final = ("content_urls_by_language", "subtitle_urls_by_language")


# `pictures` is there where a URL is of a picture of ours. A catalog without any pays nothing for the question, and a
# map without any one look at its text (strpos takes half of what `like` does).
_IN_ORDER: Final = ", ".join(f"('{variant}')" for variant in sorted(VARIANTS, key=lambda name: (len(name), name)))
# What chaishots_pictures says, in a hundredth of the time: as text, in the order of jsonb, of what `picture.as_shown`
# has ready but for the host and the opening brace. A picture is looked up for each URL, by its key, where a join may be
# planned as a read of them all; the files that a URL may name are few, so `in` spares the regular expression.
# offset 0: each is worked out once.
_PICTURES: Final = f"""(
    select '{{{{' || string_agg('"' || tag || '":{{{{' || of_language.pictures || '}}}}', ',') || '}}}}'
      from (select tag, {{0}} -> tag as urls
              from (select jsonb_object_keys({{0}}) as tag offset 0) as key offset 0) as by_language
           cross join lateral (
        select string_agg(concat('"', variant, '":{{{{', known), ',') as pictures from (
            select variant, (
                select concat(case when alt ? tag then concat('"alt":', alt -> tag, ',') end,
                              replace(as_shown, '"/pictures/', concat('"', left(url, - length(file)))))
                  from picture
                 where picture.id = left(file, 64)
                   and (substr(file, 65) in ('.webp', '.avif')
                        or substr(file, 65) ~ '^-[0-9]{{{{1,5}}}}[.](webp|avif)$')
                   and url like '%/pictures/' || file) as known
              from (select variant, urls ->> variant as url, split_part(urls ->> variant, '/', -1) as file
                      from (values {_IN_ORDER}) as by_variant (variant) offset 0) as of_url
             where url is not null offset 0) as of_variant
         where known is not null) as of_language)"""
_ASSETS: Final = f"""concat('{{{{"{{1}}":', {answer_format.urls_text_sql("{0}")}, case
    when (select exists (select from picture)) and strpos({{0}}::text, '/pictures/') > 0
    then ',"pictures":' || {_PICTURES} end, '}}}}')"""


def assets_json(sql: str, name: str) -> str:
    """A map of posters or thumbnails as a member of that name, beside it what is known of pictures of ours: as text."""
    return _ASSETS.format(sql, name)


_WRITTEN: Final = {
    Kind.ID: Word,
    Kind.SLUG: Word,
    Kind.LANGUAGE: Word,
    Kind.LANGUAGES: Words,
    Kind.CHOICE: Word,
    Kind.INTEGER: Number,
    Kind.BIG_INTEGER: Number,
    Kind.FLAG: Flag,
    Kind.MOMENT: Moment,
    Kind.PAST_MOMENT: KnownMoment,
}


def _members(table: str, fields: tuple[Field, ...], own: Mapping[str, Members]) -> dict[str, Member]:
    """The public fields of a table as members; `own`: what stands in the place of a field."""
    members: dict[str, Member] = {}
    for field in fields:
        if field.is_public:
            column = f"{table}.{field.name}"
            written = KnownNumber if field.is_required and field.kind is Kind.INTEGER else _WRITTEN.get(field.kind)
            members |= own.get(field.name, {field.name: written(column) if written else column})
    return members


def _texts(table: str, own: str, *names: tuple[str, str]) -> Mapping[str, Members]:
    """What stands in the place of a table's texts. names: a text, and what it is called in all languages."""
    shown: dict[str, Members] = {name: {name: Text(table, name, own)} for name, _ in names}
    shown["title"] = {**shown["title"], "title_language": TextLanguage(table, "title", own)}
    return {**shown, "translations": {several: AllTexts(table, name, own) for name, several in names}}


LESSON_MEMBERS: Final = _members(
    "lesson",
    LESSON,
    {
        **_texts("lesson", "lesson.content_language_primary", ("title", "titles"), ("summary", "summaries")),
        "updated_at": {"updated_at": KnownMoment("lesson.updated_at")},
        "archive_at": {"available_until": Moment("lesson.archive_at")},
        "is_paid": {"is_paid": Flag("lesson.is_paid"), LOCKED: Flag(LOCKED)},
        "content_urls": {
            "content_urls_by_language": LanguageMap(
                "lesson.content_urls", "lesson.content_language_primary", answer_format.urls_text_sql
            )
        },
        "subtitle_urls": {
            "subtitle_languages": Json("""case when lesson.subtitle_urls = '{}' then '[]'
                else to_json(array(select jsonb_object_keys(lesson.subtitle_urls) order by 1)) end"""),
            # All of them, whatever is preferred: people watch in one language and read in another.
            "subtitle_urls_by_language": Json(answer_format.urls_text_sql("lesson.subtitle_urls")),
        },
        "thumbnails": {
            "assets": LanguageMap(
                "lesson.thumbnails",
                "lesson.content_language_primary",
                partial(assets_json, name="thumbnails"),
            )
        },
    },
)
# By term_number_unique and lesson_number_unique. NULLs of an outer row are no neighbours.
_NEIGHBOUR: Final = f"""(
    select other.id from term as its_term join lesson as other on other.term_id = its_term.id
     where its_term.program_id = program.id and {published("other")}
       and (its_term.term_number, other.lesson_number) {{comparison}} (term.term_number, lesson.lesson_number)
     order by its_term.term_number {{order}}, other.lesson_number {{order}} limit 1)"""
NEIGHBOURS: Final = {
    "previous_lesson_id": _NEIGHBOUR.format(comparison="<", order="desc"),
    "next_lesson_id": _NEIGHBOUR.format(comparison=">", order="asc"),
}
PLACE_MEMBERS: Final[Members] = {
    "term_id": Word("term.id"),
    "program_id": Word("program.id"),
    "term": Part({"id": Word("term.id"), "title": Text("term", "title", "program.language_primary")}),
    "program": Part(
        {
            "id": Word("program.id"),
            "slug": Word("program.slug"),
            "title": Text("program", "title", "program.language_primary"),
        }
    ),
    **NEIGHBOURS,
}
_COUNTS: Final = {name: Json(f"tally.{name}") for name in ("lesson_count", "free_lesson_count", "total_duration_ms")}
COMING: Final = 10
"""How many lessons that are scheduled a program tells of."""
_WILL_BE_PUBLISHED: Final = f"""lesson.status = 'scheduled' and lesson.publish_error is null
    and not {is_refused("lesson")}
    and not coalesce((select {is_refused("release")} from release where release.id = lesson.release_id), false)"""
_CHANGED_AT: Final = """greatest(program.updated_at, tally.changed_at, (
    select max(lesson.updated_at) from lesson
     where lesson.term_id = any(array(select term.id from term where term.program_id = program.id))
       and lesson.published_at is not null and lesson.status <> 'published'), (
    select changed_at from program_change where program_change.program_id = program.id),
    case when program.shows_coming_soon then (
        select max(lesson.updated_at) from lesson
         where lesson.term_id = any(array(select term.id from term where term.program_id = program.id))) end)"""
TERM_MEMBERS: Final[Members] = _members(
    "term", TERM, _texts("term", "program.language_primary", ("title", "titles"))
) | {
    **_COUNTS,
    "lessons": "",
}


PROGRAM_MEMBERS: Final[Members] = _members(
    "program",
    PROGRAM,
    {
        **_texts("program", "program.language_primary", ("title", "titles"), ("description", "descriptions")),
        "languages_available": {
            "languages_available": "program.languages_available",
            "topics": Topics("topic", "name"),
        },
        "posters": {
            "assets": LanguageMap(
                "program.posters",
                "program.language_primary",
                partial(assets_json, name="posters"),
            )
        },
        "shows_coming_soon": {
            _COMING_SOON: Rows(
                "program.shows_coming_soon",
                {
                    "title": Text("lesson", "title", "lesson.content_language_primary"),
                    "title_language": TextLanguage("lesson", "title", "lesson.content_language_primary"),
                    "titles": AllTexts("lesson", "title", "lesson.content_language_primary"),
                    "publish_at": KnownMoment("lesson.publish_at"),
                },
                f"""term join lesson on lesson.term_id = term.id
                     where term.program_id = program.id and {_WILL_BE_PUBLISHED}""",
                "lesson.publish_at, lesson.id",
                COMING,
            )
        },
        "updated_at": {"updated_at": KnownMoment(_CHANGED_AT)},
    },
) | {**_COUNTS, "terms": ""}


def _names(members: Members, **inner: tuple[str, ...]) -> tuple[str, ...]:
    """Every name that `fields` takes: a member's, and after a dot the members of what it holds."""
    return tuple(path for name in members for path in (name, *(f"{name}.{within}" for within in inner.get(name, ()))))


LESSON_FIELDS: Final = _names({**LESSON_MEMBERS, **PLACE_MEMBERS})
PROGRAM_FIELDS: Final = _names(PROGRAM_MEMBERS, terms=_names(TERM_MEMBERS, lessons=_names(LESSON_MEMBERS)))
"""What `fields` may name, of a lesson that is read by itself and of a program, in the order in which it is shown."""
