"""SQL for the members of the catalog's JSON: a text in the best language, a map by language, a nested object.

JSON is written as text, by `concat`: row_to_json looks each column's type up in each row, and copies what is nested
once a level. A list takes two thirds of the time. Knows the columns `translations` and how JSON is written. Must not
know which members there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from chaishots.content.answer_format import compact_sql, moment_sql


@dataclass(frozen=True, slots=True)
class Json:
    """What is JSON as it stands, never null: a map, a number, an object."""

    column: str

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        del prefer
        return self.column


class Number(Json):
    """A number, or null."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"coalesce({super().sql(prefer)}::text, 'null')"


class KnownNumber(Json):
    """A number that is never null."""

    __slots__ = ()


class Flag(Json):
    """True or false."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"case when {super().sql(prefer)} then 'true' else 'false' end"


class Moment(Json):
    """A moment, or null."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"""coalesce('"' || {moment_sql(super().sql(prefer))} || '"', 'null')"""


class KnownMoment(Json):
    """A moment that is never null, as everything public has of when it was published: in two thirds of the time."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return moment_sql(super().sql(prefer))


class Word(Json):
    """An id, a language or one of a few words: between quotes as it stands."""

    __slots__ = ()


class Words(Json):
    """An array of at least one language."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"""array_to_string({super().sql(prefer)}, '","')"""


class Documents(Json):
    """An array: the JSON of what is in it, with commas between, or null where there is nothing."""

    __slots__ = ()


class WhereKnown(Json):
    """A number that is a member only where it is not null; never the first."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class LanguageMap:
    """A map by language: its column, the primary language's, and what is made of it."""

    column: str
    primary: str
    shown: Callable[[str], str] = str

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        if prefer is None:
            return self.shown(self.column)
        one = f"""coalesce(
            (select jsonb_build_object(wanted.tag, {self.column} -> wanted.tag)
               from unnest({prefer}::text[] || {self.primary}) with ordinality as wanted (tag, place)
              where {self.column} ? wanted.tag order by wanted.place limit 1), '{{}}')"""
        return self.shown(one)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that may be translated: its table and name, and in which language it is, as SQL, unless nobody knows.

    Of a list, or of what is preferred, the best there is is shown.
    """

    table: str
    name: str
    own: str = "null"

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"coalesce(to_json({self.value(prefer)}), 'null')"

    def value(self, prefer: str | None) -> str:
        """The text itself."""
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


class TextLanguage(Text):
    """In which language the text is shown."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return self.own if prefer is None else self._best(prefer, "tag", self.own)


class AllTexts(Text):
    """The text in each of its languages; there only where none is preferred, as it says the rest then."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        if prefer is not None:
            return ""
        text, own = f"{self.table}.{self.name}", self.own
        # Most have no translation: written as text, that takes a third of what jsonb does.
        only = f"""'{{"' || {own} || '":' || to_json({text}) || '}}'"""
        several = f"""case when {text} <> '' then jsonb_build_object({own}, {text}) else '{{}}' end || coalesce((
            select jsonb_object_agg(tag, words -> '{self.name}')
              from jsonb_each({self.table}.translations) as translated (tag, words)
             where words ? '{self.name}'), '{{}}')"""
        return f"""case when {self.table}.translations <> '{{}}' then {compact_sql(several)}::text
            when {text} <> '' then {only} else '{{}}' end"""


@dataclass(frozen=True, slots=True)
class Part:
    """A few members of something else, as an object."""

    members: Mapping[str, Word | Text]

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return object_sql(self.members, prefer)


@dataclass(frozen=True, slots=True)
class Rows:
    """An array of objects, of some rows, the first `most` of an order; empty where it is not so that `where`."""

    where: str
    members: "Members"
    rows: str
    order: str
    most: int

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"""case when {self.where} then concat('[', array_to_string(array(
            select {object_sql(self.members, prefer)} from {self.rows} order by {self.order} limit {self.most}
        ), ','), ']') else '[]' end"""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A map that is empty where something is so."""

    member: "Member"
    where: str

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"case when {self.where} then '{{}}' else {_json(self.member, prefer)} end"


Member: TypeAlias = "str | Json | LanguageMap | Text | Part | Rows | Withheld"
"""Of a text, what it is as SQL: any value, or null."""
Members: TypeAlias = Mapping[str, Member]


class Topics(Text):
    """The names of a program's topics."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"""to_json(array(
            select {self.value(prefer)} from program_topic join topic on topic.id = program_topic.topic_id
             where program_topic.program_id = program.id order by lower(topic.name)))"""


_AROUND: Final[Mapping[type, tuple[str, str]]] = {
    Word: ('"', '"'),
    KnownMoment: ('"', '"'),
    TextLanguage: ('"', '"'),
    Words: ('["', '"]'),
    Documents: ("[", "]"),
}


def object_sql(members: Members, prefer: str | None, tally: str = "") -> str:
    """An object with these members as the text of its JSON; `tally`: what stands in FROM, where a member names it."""
    # ::text: what has no type is measured anew each time.
    parts: list[str] = []
    before = "{"
    for name, member in members.items():
        if isinstance(member, WhereKnown):
            parts.append(f"""'{before.removesuffix(",")}'::text, ',"{name}":' || {member.sql(prefer)}""")
            before = ","
        elif sql := _json(member, prefer):
            opening, closing = _AROUND.get(type(member), ("", ""))
            parts.append(f"""'{before}"{name}":{opening}'::text, {sql}""")
            before = f"{closing},"
    written = f"concat({', '.join(parts)}, '{before[:-1]}}}')"
    return f"(select {written} from {tally})" if tally and "tally." in written else written


def _json(member: Member, prefer: str | None) -> str:
    return f"coalesce(to_json({member}), 'null')" if isinstance(member, str) else member.sql(prefer)
