"""How much of a public program or lesson an answer shows: all members, or those that `fields` names; in all languages,
or in the best that `prefer` comes to. As SQL, for the statements of `statements.py`.

Must not know which programs and lessons are public.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from typing import Final, TypeAlias

from chaishots.content.errors import InvalidContent
from chaishots.content.fields import LESSON, PROGRAM, TERM, Field


class Reader(Enum):
    """Who reads; the value says, in SQL, of which lessons the URLs are withheld: left out, key and all."""

    ANYBODY = "lesson.is_paid"
    TOKEN_HOLDER = "false"  # noqa: S105  # no secret


@dataclass(frozen=True, slots=True)
class _Map:
    """A map by language: its column, the primary language's, and what is made of it."""

    column: str
    primary: str
    shown: Callable[[str], str] = str

    def sql(self, prefer: str | None) -> str:
        if prefer is None:
            return self.shown(self.column)
        one = f"""coalesce(
            (select jsonb_build_object(wanted.tag, {self.column} -> wanted.tag)
               from unnest({prefer}::text[] || {self.primary}) with ordinality as wanted (tag, place)
              where {self.column} ? wanted.tag order by wanted.place limit 1), '{{}}')"""
        return self.shown(one)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that may be translated: its table and name, and in which language it is, as SQL, unless nobody knows.

    Of a list, or of what is preferred, the best there is is shown.
    """

    table: str
    name: str
    own: str = "null"

    def sql(self, prefer: str | None) -> str:
        text = f"{self.table}.{self.name}"
        return text if prefer is None else self._best(prefer, f"words ->> '{self.name}'", text)

    def _best(self, prefer: str, found: str, otherwise: str) -> str:
        # Most have no translation, and are not looked at any further.
        return f"""case when {self.table}.translations = '{{}}' then {otherwise} else coalesce((
            select case when tag = {self.own} then {otherwise} else {found} end
              from (select tag, place, {self.table}.translations -> tag as words
                      from unnest({prefer}::text[]) with ordinality as preferred (tag, place)) as wanted
             where tag = {self.own} and {self.table}.{self.name} <> '' or words ? '{self.name}'
             order by place limit 1), {otherwise}) end"""


class _TextLanguage(_Text):
    """In which language the text is shown."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        return self.own if prefer is None else self._best(prefer, "tag", self.own)


class _Texts(_Text):
    """The text in each of its languages; there only where none is preferred, as it says the rest then."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        if prefer is not None:
            return ""
        text, own = f"{self.table}.{self.name}", self.own
        first = f"case when {text} <> '' then jsonb_build_object({own}, {text}) else '{{}}' end"
        return f"""case when {self.table}.translations = '{{}}' then {first} else {first} || coalesce((
            select jsonb_object_agg(tag, words -> '{self.name}')
              from jsonb_each({self.table}.translations) as translated (tag, words)
             where words ? '{self.name}'), '{{}}') end"""


_Members: TypeAlias = Mapping[str, str | _Map | _Text]

# Each member in SQL, in the order in which it is shown; {} is what stands one step further in.
_ID: Final = "id"
_TEXTS: Final = ("title", "title_language", "titles", "description", "descriptions", "summary", "summaries", "topics")
_PREFERABLE: Final = (*_TEXTS, "assets", "content_urls_by_language")
_URLS: Final = ("content_urls_by_language", "subtitle_urls_by_language")


# `pictures` is there where a URL is of a picture of ours. A catalog without any pays nothing for the question, and a
# map without any one look at its text (strpos takes half of what `like` does). offset 0: looked up once.
_ASSETS: Final = """case when (select exists (select from picture)) and strpos({0}::text, '/pictures/') > 0 then (
    select case when shown.pictures is null then row_to_json(chosen) else row_to_json(shown) end
      from (select {0} as {1}) as chosen cross join lateral (
        select chosen.{1}, chaishots_pictures(chosen.{1}) as pictures offset 0) as shown)
    else (select row_to_json(chosen) from (select {0} as {1}) as chosen) end"""


def assets_json(sql: str, name: str) -> str:
    """A map of posters or thumbnails as a member of that name, beside it what is known of pictures of ours."""
    return _ASSETS.format(sql, name)


def _members(table: str, fields: tuple[Field, ...], own: Mapping[str, _Members]) -> dict[str, str | _Map | _Text]:
    """The public fields of a table as members; `own`: what stands in the place of a field."""
    members: dict[str, str | _Map | _Text] = {}
    for field in fields:
        if field.is_public:
            members |= own.get(field.name, {field.name: f"{table}.{field.name}"})
    return members


def _texts(table: str, own: str, *names: tuple[str, str]) -> Mapping[str, _Members]:
    """What stands in the place of a table's texts. names: a text, and what it is called in all languages."""
    shown: dict[str, _Members] = {name: {name: _Text(table, name, own)} for name, _ in names}
    shown["title"] = {**shown["title"], "title_language": _TextLanguage(table, "title", own)}
    return {**shown, "translations": {several: _Texts(table, name, own) for name, several in names}}


_LESSON: Final = _members(
    "lesson",
    LESSON,
    {
        **_texts("lesson", "lesson.content_language_primary", ("title", "titles"), ("summary", "summaries")),
        "content_urls": {"content_urls_by_language": _Map("lesson.content_urls", "lesson.content_language_primary")},
        "subtitle_urls": {
            "subtitle_languages": """case when lesson.subtitle_urls = '{}' then '{}'
                else array(select jsonb_object_keys(lesson.subtitle_urls) order by 1) end""",
            # All of them, whatever is preferred: people watch in one language and read in another.
            "subtitle_urls_by_language": "lesson.subtitle_urls",
        },
        "thumbnails": {
            "assets": _Map(
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
_FIRST_TERMS: Final = f"limit {LISTED_TERMS + 1}"
_FIRST_LESSONS: Final = f"limit {LISTED_LESSONS + 1}"
_TERMS_LEFT: Final = f"(select count(*) - {LISTED_TERMS} from term where term.program_id = program.id)"
_LESSONS_LEFT: Final = f"""(select count(*) - {LISTED_LESSONS} from lesson
                               where lesson.term_id = term.id and lesson.status = 'published')"""
# lesson_number_unique (term_id, lesson_number) and term_number_unique (program_id, term_number) serve the branches.
_LESSONS: Final = """array(
    select {} from lesson where lesson.term_id = term.id and lesson.status = 'published'
     order by lesson.lesson_number {})"""
_TERMS: Final = "array(select {} from term where term.program_id = program.id order by term.term_number {})"
_PLACE: Final[_Members] = {"term_id": "term.id", "program_id": "program.id"}
_TERM: Final[_Members] = _members("term", TERM, _texts("term", "program.language_primary", ("title", "titles"))) | {
    "lessons": _LESSONS
}


class _Topics(_Text):
    """The names of a program's topics."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        return f"""array(select {super().sql(prefer)} from program_topic join topic on topic.id = program_topic.topic_id
                          where program_topic.program_id = program.id order by lower(topic.name))"""


_PROGRAM: Final[_Members] = _members(
    "program",
    PROGRAM,
    {
        **_texts("program", "program.language_primary", ("title", "titles"), ("description", "descriptions")),
        "languages_available": {
            "languages_available": "program.languages_available",
            "topics": _Topics("topic", "name"),
        },
        "posters": {
            "assets": _Map(
                "program.posters",
                "program.language_primary",
                partial(assets_json, name="posters"),
            )
        },
    },
) | {"terms": _TERMS}


def _names(members: _Members, **inner: tuple[str, ...]) -> tuple[str, ...]:
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
        languages = tuple(dict.fromkeys(prefer.split(","))) if prefer and _shows_preferable(allowed, shown) else ()
        return cls(shown, languages)


EVERYTHING: Final = View()


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
    lesson = _lesson_json(_LESSON, reader, _within("lessons", of_term), prefer)
    of_terms, of_program = _chosen(_TERM, of_term), _chosen(_PROGRAM, fields)
    if not is_listed:
        term = _object(_with(of_terms, "lessons", _LESSONS.format(lesson, "")), prefer)
        return _object(_with(of_program, "terms", _TERMS.format(term, "")), prefer)
    term = _cut(of_terms, "lessons", _LESSONS.format(lesson, _FIRST_LESSONS), _LESSONS_LEFT, LISTED_LESSONS, prefer)
    return _cut(of_program, "terms", _TERMS.format(term, _FIRST_TERMS), _TERMS_LEFT, LISTED_TERMS, prefer)


def _cut(members: _Members, name: str, rows: str, left: str, most: int, prefer: str | None) -> str:
    """The object with no more than the first of its rows, and how many are left, where some are.

    Args:
        rows: the member called `name`, as an array with one more than `most`.
        left: how many there are beyond `most`.
    """
    if name not in members:
        return _object(members, prefer)
    whole = _object(_with(members, name, "cut.off"), prefer)
    part = _object({**_with(members, name, f"cut.off[1:{most}]"), f"{name}_left": left}, prefer)
    # offset 0: the rows are read once, not for each mention.
    return f"""(select case when cardinality(cut.off) > {most} then {part} else {whole} end
                 from (select {rows} as off offset 0) as cut)"""


def _with(members: _Members, name: str, sql: str) -> _Members:
    return {**members, name: sql} if name in members else members


def _lesson_json(members: _Members, reader: Reader, fields: frozenset[str] | None, prefer: str | None) -> str:
    chosen = _chosen(members, fields)
    withheld = {name: sql for name, sql in chosen.items() if name not in _URLS}
    if withheld == chosen:
        return _object(chosen, prefer)
    return f"case when {reader.value} then {_object(withheld, prefer)} else {_object(chosen, prefer)} end"


def _object(members: _Members, prefer: str | None) -> str:
    # row_to_json writes the columns of an inner select, in their order and without a space; json_build_object and
    # json_agg take twice as long and a tenth more bytes.
    sql = {name: member if isinstance(member, str) else member.sql(prefer) for name, member in members.items()}
    columns = ", ".join(f"{column} as {name}" for name, column in sql.items() if column)
    return f"(select row_to_json(shown) from (select {columns}) as shown)"


def _chosen(members: _Members, fields: frozenset[str] | None) -> _Members:
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
