"""SQL for the members of the catalog's JSON: a text in the best language, a map by language, a nested object.

Knows the columns `translations` and how JSON is written. Must not know which members there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chaishots.content.answer_format import compact_sql


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
        first = f"case when {text} <> '' then jsonb_build_object({own}, {text}) else '{{}}' end"
        several = f"""case when {self.table}.translations = '{{}}' then {first} else {first} || coalesce((
            select jsonb_object_agg(tag, words -> '{self.name}')
              from jsonb_each({self.table}.translations) as translated (tag, words)
             where words ? '{self.name}'), '{{}}') end"""
        return compact_sql(several)


@dataclass(frozen=True, slots=True)
class Part:
    """A few members of something else, as an object."""

    members: Mapping[str, str | Text]

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return object_sql(self.members, prefer)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A map that is empty where something is so."""

    member: "Member"
    where: str

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        shown = self.member if isinstance(self.member, str) else self.member.sql(prefer)
        return f"case when {self.where} then '{{}}' else {shown} end"


Member: TypeAlias = "str | LanguageMap | Text | Part | Withheld"
Members: TypeAlias = Mapping[str, Member]


class Topics(Text):
    """The names of a program's topics."""

    __slots__ = ()

    def sql(self, prefer: str | None) -> str:
        """The member; `prefer`: the placeholder of what is preferred, None when nothing is."""
        return f"""array(select {super().sql(prefer)} from program_topic join topic on topic.id = program_topic.topic_id
                          where program_topic.program_id = program.id order by lower(topic.name))"""


def object_sql(members: Members, prefer: str | None, tally: str = "") -> str:
    """An object with these members as JSON; `tally`: what stands in FROM, where a member names it."""
    # row_to_json writes the columns of an inner select, in their order and without a space; json_build_object and
    # json_agg take twice as long and a tenth more bytes.
    sql = {name: member if isinstance(member, str) else member.sql(prefer) for name, member in members.items()}
    columns = ", ".join(f"{column} as {name}" for name, column in sql.items() if column)
    counted = f" from {tally}" if tally and "tally." in columns else ""
    return f"(select row_to_json(shown) from (select {columns}{counted}) as shown)"
