"""How much of a public program or lesson an answer shows: all members, or those that `fields` names; in all languages,
or in the best that `prefer` comes to. As SQL, for the statements of `statements.py`.

Must not know which programs and lessons are public.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from typing import Final

from chaishots.content import answer_format
from chaishots.content.catalog.member_sql import (
    AllTexts,
    Documents,
    Flag,
    Json,
    KnownMoment,
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
    Withheld,
    Word,
    Words,
    object_sql,
)
from chaishots.content.errors import InvalidContent
from chaishots.content.field_kinds import Field, Kind
from chaishots.content.fields import LESSON, PROGRAM, TERM
from chaishots.content.languages import looked_up
from chaishots.content.lifecycle import VARIANTS
from chaishots.content.publish_refusals import is_refused


class Reader(Enum):
    """Who reads; the value says, in SQL, which lessons are locked: their maps of URLs are empty."""

    ANYBODY = "lesson.is_paid"
    TOKEN_HOLDER = "false"  # noqa: S105  # no secret


# Each member in SQL, in the order in which it is shown; {} is what stands one step further in.
_ID: Final = "id"
_LOCKED: Final = "locked"
_COMING_SOON: Final = "coming_soon"
_TEXTS: Final = ("title", "title_language", "description", "summary", "topics")
_PREFERABLE: Final = (*_TEXTS, _COMING_SOON, "term", "program", "assets", "content_urls_by_language")
_URLS: Final = ("content_urls_by_language", "subtitle_urls_by_language")


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
            written = _WRITTEN.get(field.kind)
            members |= own.get(field.name, {field.name: written(column) if written else column})
    return members


def _texts(table: str, own: str, *names: tuple[str, str]) -> Mapping[str, Members]:
    """What stands in the place of a table's texts. names: a text, and what it is called in all languages."""
    shown: dict[str, Members] = {name: {name: Text(table, name, own)} for name, _ in names}
    shown["title"] = {**shown["title"], "title_language": TextLanguage(table, "title", own)}
    return {**shown, "translations": {several: AllTexts(table, name, own) for name, several in names}}


_LESSON: Final = _members(
    "lesson",
    LESSON,
    {
        **_texts("lesson", "lesson.content_language_primary", ("title", "titles"), ("summary", "summaries")),
        "updated_at": {"updated_at": KnownMoment("lesson.updated_at")},
        "archive_at": {"available_until": Moment("lesson.archive_at")},
        "is_paid": {"is_paid": Flag("lesson.is_paid"), _LOCKED: Flag(_LOCKED)},
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
LISTED_TERMS: Final = 50
LISTED_LESSONS: Final = 200
"""How many terms of a program, and lessons of each, are shown where it is one of many. Its own page shows all.

One that has more says how many in `terms_left`, a term in `lessons_left`: members that are there only then.
"""
_TERMS_LEFT: Final = f"(select count(*) - {LISTED_TERMS} from term where term.program_id = program.id)"
_LESSONS_LEFT: Final = f"""(select count(*) - {LISTED_LESSONS} from lesson
                               where lesson.term_id = term.id and lesson.status = 'published')"""
# What is in a term and in a program, in its order, by lesson_number_unique (term_id, lesson_number) and by
# term_number_unique (program_id, term_number). It is counted as it passes. offset 0: also while Postgres' statistics
# are older than what has gone out since, and make published lessons seem few.
_LESSONS: Final = """(
    select coalesce(array_agg(its.document), '{{}}') as rows, count(*) as lesson_count,
           coalesce(sum(its.duration_ms), 0) as total_duration_ms,
           count(*) filter (where not its.is_paid) as free_lesson_count, max(its.updated_at) as changed_at
      from (select {} as document, lesson.duration_ms, lesson.is_paid, lesson.updated_at from (
                select * from lesson where lesson.term_id = term.id order by lesson.lesson_number offset 0) as lesson
             where lesson.status = 'published' order by lesson.lesson_number {}) as its) as shown"""
_TERMS: Final = """(
    select coalesce(array_agg(its.document), '{{}}') as rows{}
      from (select {} as document{} from term {} where term.program_id = program.id
             order by term.term_number {}) as its) as shown"""
# By term_number_unique and lesson_number_unique. NULLs of an outer row are no neighbours.
_NEIGHBOUR: Final = """(
    select other.id from term as its_term join lesson as other on other.term_id = its_term.id
     where its_term.program_id = program.id and other.status = 'published'
       and (its_term.term_number, other.lesson_number) {comparison} (term.term_number, lesson.lesson_number)
     order by its_term.term_number {order}, other.lesson_number {order} limit 1)"""
NEIGHBOURS: Final = {
    "previous_lesson_id": _NEIGHBOUR.format(comparison="<", order="desc"),
    "next_lesson_id": _NEIGHBOUR.format(comparison=">", order="asc"),
}
_PLACE: Final[Members] = {
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
# What is in a program or term, and when something of a program changed last: `changed_at` is of lessons that are
# public; of what is public no more it is by lesson_taken_down, and what leaves no such trace is in program_change.
_TALLY: Final = """(
    select count(*) as lesson_count, coalesce(sum(lesson.duration_ms), 0) as total_duration_ms,
           count(*) filter (where not lesson.is_paid) as free_lesson_count, max(lesson.updated_at) as changed_at
      from {} and lesson.status = 'published') as tally"""
_OF_TERM: Final = _TALLY.format("lesson where lesson.term_id = term.id")
_OF_PROGRAM: Final = _TALLY.format("""term cross join lateral (
        select * from lesson where lesson.term_id = term.id offset 0) as lesson where term.program_id = program.id""")
_TALLIED: Final = "tally.lesson_count, tally.total_duration_ms, tally.free_lesson_count, tally.changed_at"
_TALLIED_OF_SHOWN: Final = _TALLIED.replace("tally.", "shown.")
_OF_TERMS: Final = """,
    coalesce(sum(its.lesson_count), 0) as lesson_count, coalesce(sum(its.total_duration_ms), 0) as total_duration_ms,
    coalesce(sum(its.free_lesson_count), 0) as free_lesson_count, max(its.changed_at) as changed_at"""
_TALLY_OF: Final = "tally."
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
_TERM: Final[Members] = _members("term", TERM, _texts("term", "program.language_primary", ("title", "titles"))) | {
    **_COUNTS,
    "lessons": "",
}


_PROGRAM: Final[Members] = _members(
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


LESSON_FIELDS: Final = _names({**_LESSON, **_PLACE})
PROGRAM_FIELDS: Final = _names(_PROGRAM, terms=_names(_TERM, lessons=_names(_LESSON)))
"""What `fields` may name, of a lesson that is read by itself and of a program, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown.

    fields: names out of PROGRAM_FIELDS or LESSON_FIELDS, whole members among them; the ids are always shown. None: all.
    prefer: languages; each map by language, but for subtitles, holds one entry then, the first of these that it has,
        else the primary's; texts are in the first of these in which there is one.
    """

    fields: frozenset[str] | None = None
    prefer: tuple[str, ...] = ()

    @classmethod
    def of(cls, allowed: tuple[str, ...], fields: str | None, prefer: str | None) -> "View":
        """The view that the two parameters of a request stand for, whatever the order and repetition of names.

        Args:
            allowed: PROGRAM_FIELDS or LESSON_FIELDS.
            fields: names, separated by commas.
            prefer: language tags, separated by commas.
        Raises: InvalidContent, naming the first that there is not.
        """
        named = fields.split(",") if fields else []
        unknown = next((name for name in named if name not in allowed), None)
        if unknown is not None:
            raise InvalidContent(
                f"There is no field {unknown!r} here: name some of {', '.join(allowed)}.", field="fields"
            )
        shown = _normal(allowed, frozenset(named)) if named else None
        languages = looked_up(prefer.split(",")) if prefer and _shows_preferable(allowed, shown) else ()
        return cls(shown, languages)


EVERYTHING: Final = View()
CARD: Final = ",".join(name for name in PROGRAM_FIELDS if "." not in name and name != "terms")
"""The fields of a program without what is in it, which is counted."""


def program_json(reader: Reader, view: View, prefer: str, *, is_listed: bool = False) -> str:
    """A program as JSON, for a statement that has `program`.

    Args:
        prefer: the placeholder of the view's languages.
        is_listed: whether it is one of many, of which only the first terms and lessons are shown.
    """
    return _program_json(reader, view.fields, prefer if view.prefer else None, is_listed)


def lesson_json(reader: Reader, view: View, prefer: str) -> str:
    """A lesson as JSON, for a statement that has `lesson`, `term` and `program`."""
    return _lesson_json({**_LESSON, **_PLACE}, reader, view.fields, prefer if view.prefer else None)


@lru_cache(256)
def _program_json(reader: Reader, fields: frozenset[str] | None, prefer: str | None, is_listed: bool) -> str:
    of_term = _within("terms", fields)
    of_terms, of_program = _chosen(_TERM, of_term), _chosen(_PROGRAM, fields)
    if "terms" not in of_program:
        return object_sql(of_program, prefer, _OF_PROGRAM)
    terms = _Rows("terms", _TERMS_LEFT, LISTED_TERMS if is_listed else None)
    document = terms.object_sql(of_program, prefer)
    if "lessons" not in of_terms:
        read = _TERMS.format("", object_sql(of_terms, prefer, _OF_TERM), "", "", terms.limit)
        counted = f"cross join {_OF_PROGRAM}" if _TALLY_OF in document else ""
        return f"(select {document} from {read} {counted})"
    lessons = _Rows("lessons", _LESSONS_LEFT, LISTED_LESSONS if is_listed else None)
    term = lessons.object_sql(of_terms, prefer)
    lesson = _lesson_json(_LESSON, reader, _within("lessons", of_term), prefer)
    inner = f"cross join lateral {_LESSONS.format(lesson, lessons.limit)}"
    if _TALLY_OF not in term + document:
        return f"(select {document} from {_TERMS.format('', term, '', inner, terms.limit)})"
    inner = f"{inner} {lessons.counted(_OF_TERM)}"
    read = _TERMS.format(_OF_TERMS, term, f", {_TALLIED}", inner, terms.limit)
    return f"(select {document} from {read} {terms.counted(_OF_PROGRAM)})"


@dataclass(frozen=True, slots=True)
class _Rows:
    """A member that is an array, of what `shown` has read: one more row than `most`, or all.

    left: how many there are beyond `most`.
    """

    name: str
    left: str
    most: int | None

    @property
    def limit(self) -> str:
        return "" if self.most is None else f"limit {self.most + 1}"

    def object_sql(self, members: Members, prefer: str | None) -> str:
        """The object with its rows: all, or no more than the first, and how many are left, where some are."""
        whole = object_sql({**members, self.name: Documents("shown.rows")}, prefer)
        if self.most is None:
            return whole
        first = {**members, self.name: Documents(f"shown.rows[1:{self.most}]"), f"{self.name}_left": Json(self.left)}
        return f"case when {self._is_cut} then {object_sql(first, prefer)} else {whole} end"

    def counted(self, anew: str) -> str:
        """What is to be joined for the members that count: what was read, or `anew` where that is not all."""
        of_shown = f"select {_TALLIED_OF_SHOWN}"
        if self.most is None:
            return f"cross join lateral ({of_shown}) as tally"
        # A condition without a column of what it is on is asked before that is read.
        return f"""cross join lateral ({of_shown} where not {self._is_cut}
            union all select {_TALLIED} from {anew} where {self._is_cut}) as tally"""

    @property
    def _is_cut(self) -> str:
        return f"(cardinality(shown.rows) > {self.most})"


def _lesson_json(members: Members, reader: Reader, fields: frozenset[str] | None, prefer: str | None) -> str:
    chosen = dict(_chosen(members, fields))
    if _LOCKED in chosen:
        chosen[_LOCKED] = Flag(reader.value)
    if reader is not Reader.TOKEN_HOLDER:
        chosen |= {name: Withheld(sql, reader.value) for name, sql in chosen.items() if name in _URLS}
    return object_sql(chosen, prefer)


def _chosen(members: Members, fields: frozenset[str] | None) -> Members:
    if fields is None:
        return members
    shown = {field.partition(".")[0] for field in fields} | {_ID}
    return {name: sql for name, sql in members.items() if name in shown}


def _within(member: str, fields: frozenset[str] | None) -> frozenset[str] | None:
    if fields is None or member in fields:
        return None
    return frozenset(field.removeprefix(f"{member}.") for field in fields if field.startswith(f"{member}."))


def _shows_preferable(allowed: tuple[str, ...], fields: frozenset[str] | None) -> bool:
    able = [path for path in allowed if path.rpartition(".")[2] in _PREFERABLE]
    return fields is None or any(path == field or path.startswith(f"{field}.") for path in able for field in fields)


def _normal(allowed: tuple[str, ...], named: frozenset[str]) -> frozenset[str] | None:
    """Without what is shown anyway, so that what comes to the same is the same; None when all is shown."""
    whole = {field for field in named if not any(field.startswith(f"{other}.") for other in named)}
    return None if {field for field in allowed if "." not in field} <= whole | {_ID} else frozenset(whole | {_ID})
