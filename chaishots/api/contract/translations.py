"""Texts in other languages than a thing's own, as requests carry and answers show them: a map of language to texts."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel

from chaishots.api.contract.values import (
    BY_LANGUAGE,
    Language,
    Title,
    TopicName,
    TranslatedDescription,
    TranslatedSummary,
)

# What is answered is open to texts to come, what is sent is closed.


class _Texts(BaseModel, defer_build=True):
    pass


class ProgramTexts(_Texts):
    """A program's title and description in another language; what is left out is not translated."""

    title: Title = ""
    description: TranslatedDescription = ""


class TermTexts(_Texts):
    """A term's title in another language than its program's."""

    title: Title = ""


class LessonTexts(_Texts):
    """A lesson's title and summary in another language; what is left out is not translated."""

    title: Title = ""
    summary: TranslatedSummary = ""


class TopicTexts(_Texts):
    """A topic's name in a language."""

    name: TopicName = ""


class NewProgramTexts(ProgramTexts, extra="forbid"):
    """A program's title and description in another language; what is left out is not translated."""


class NewTermTexts(TermTexts, extra="forbid"):
    """A term's title in another language than its program's."""


class NewLessonTexts(LessonTexts, extra="forbid"):
    """A lesson's title and summary in another language; what is left out is not translated."""


class NewTopicTexts(TopicTexts, extra="forbid"):
    """A topic's name in a language."""


class ProgramTextsPatch(_Texts, extra="forbid"):
    """What to change of a program's texts in another language; null takes one away."""

    title: Title | None = None
    description: TranslatedDescription | None = None


class TermTextsPatch(_Texts, extra="forbid"):
    """What to change of a term's texts in another language; null takes one away."""

    title: Title | None = None


class LessonTextsPatch(_Texts, extra="forbid"):
    """What to change of a lesson's texts in another language; null takes one away."""

    title: Title | None = None
    summary: TranslatedSummary | None = None


class TopicTextsPatch(_Texts, extra="forbid"):
    """What to change of a topic's name in a language; null takes it away."""

    name: TopicName | None = None


NewProgramTranslations: TypeAlias = Annotated[dict[Language, NewProgramTexts], *BY_LANGUAGE]
NewTermTranslations: TypeAlias = Annotated[dict[Language, NewTermTexts], *BY_LANGUAGE]
NewLessonTranslations: TypeAlias = Annotated[dict[Language, NewLessonTexts], *BY_LANGUAGE]
NewTopicTranslations: TypeAlias = Annotated[dict[Language, NewTopicTexts], *BY_LANGUAGE]
ProgramTranslations: TypeAlias = Annotated[dict[Language, ProgramTexts], *BY_LANGUAGE]
TermTranslations: TypeAlias = Annotated[dict[Language, TermTexts], *BY_LANGUAGE]
LessonTranslations: TypeAlias = Annotated[dict[Language, LessonTexts], *BY_LANGUAGE]
TopicTranslations: TypeAlias = Annotated[dict[Language, TopicTexts], *BY_LANGUAGE]
# In a merge patch (RFC 7396), null takes a language or a text away.
ProgramTranslationsPatch: TypeAlias = Annotated[dict[Language, ProgramTextsPatch | None], *BY_LANGUAGE]
TermTranslationsPatch: TypeAlias = Annotated[dict[Language, TermTextsPatch | None], *BY_LANGUAGE]
LessonTranslationsPatch: TypeAlias = Annotated[dict[Language, LessonTextsPatch | None], *BY_LANGUAGE]
TopicTranslationsPatch: TypeAlias = Annotated[dict[Language, TopicTextsPatch | None], *BY_LANGUAGE]
