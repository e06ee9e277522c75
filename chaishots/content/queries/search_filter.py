"""What people type to find something: words, and a few fields, as a condition of SQL.

`chai water` finds what has both words, with joiners or without; `!water` what has it not; `state:draft` and `lang:te`
ask for a field; an id finds the one thing that has it, and a program what is in it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chaishots.content.text_normalisation import containing, is_like, is_visible, normalised, starting, without_joiners

_STATE: Final = ("state:", "status:")
_LANGUAGE: Final = ("lang:", "language:")
STATES: Final = ("draft", "scheduled", "published", "archived")
_FIELD: Final = re.compile(r"[a-z_]+:\S+", re.IGNORECASE)
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Search:
    """What is looked for: all of it has to be so.

    doubt: what was probably meant otherwise, as a sentence; to be told where nothing is found.
    """

    words: Sequence[str] = ()
    unwanted: Sequence[str] = ()
    states: Sequence[str] = ()
    languages: Sequence[str] = ()
    ids: Sequence[UUID] = ()
    doubt: str = ""

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.words or self.unwanted or self.states or self.languages or self.ids)

    def condition(self, text: str, state: str, languages: str, *, ids: str, first_place: int) -> tuple[str, list[Any]]:
        """The search as SQL, and its values.

        Args:
            text, state, languages: the expressions that are looked in; languages is an array.
            ids: the expressions of the ids, of which one has to be what is asked for, with commas between.
            first_place: the number of the first parameter that is free.
        """
        parts: list[tuple[str, Any]] = [(is_like(text), containing(word)) for word in self.words]
        parts += [(f"not {is_like(text)}", containing(word)) for word in self.unwanted]
        parts += [(f"{state} like {{}}", starting(name)) for name in self.states]
        parts += [
            (f"exists (select from unnest({languages}) as l where l ilike {{}})", starting(tag))
            for tag in self.languages
        ]
        parts += [(f"{{}}::uuid in ({ids})", str(one)) for one in self.ids]
        asked = [part.format(f"${place}::text") for place, (part, _) in enumerate(parts, first_place)]
        return " and ".join(asked) or "true", [value for _, value in parts]

    def matches(self, text: str, state: str = "", languages: Sequence[str] = (), *, ids: Sequence[UUID] = ()) -> bool:
        """The same by hand, for what is at hand already; an id may stand in the text, too."""
        folded = _folded(text)
        return (
            all(_folded(word) in folded for word in self.words)
            and not any(_folded(word) in folded for word in self.unwanted)
            and all(state.startswith(name) for name in self.states)
            and all(any(tag.casefold().startswith(wanted.casefold()) for tag in languages) for wanted in self.languages)
            and all(one in ids or str(one) in folded for one in self.ids)
        )


def read_search(text: str, known: Sequence[str] = STATES) -> Search:
    """What somebody typed; anything can be typed. known: the states that there are where it is looked for."""
    words: list[str] = []
    unwanted: list[str] = []
    states: list[str] = []
    languages: list[str] = []
    ids: list[UUID] = []
    doubt = ""
    for word in normalised(text).replace("\0", " ").split():
        if value := _after(word, _STATE):
            states.append(value.casefold())
            if not any(name.startswith(value.casefold()) for name in known):
                doubt = f"There is no state {value}: {', '.join(known)}."
        elif value := _after(word, _LANGUAGE):
            languages.append(value)
        elif _ID.fullmatch(word):
            ids.append(UUID(word))
        elif not is_visible(word.removeprefix("!")):
            continue
        elif word.startswith("!"):
            unwanted.append(word[1:])
        elif not word.casefold().startswith((*_STATE, *_LANGUAGE)):
            words.append(word)
            if _FIELD.fullmatch(word) and "//" not in word:
                doubt = f"{word.partition(':')[0]}: is no field; state: and lang: are."
    return Search(words, unwanted, states, languages, ids, doubt)


def _folded(text: str) -> str:
    return without_joiners(text).casefold()


def _after(word: str, prefixes: Sequence[str]) -> str:
    return next((word[len(prefix) :] for prefix in prefixes if word.casefold().startswith(prefix)), "")
