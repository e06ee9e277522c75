"""Texts in other languages than a thing's own, as requests carry and answers show them: a map of language to texts."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict

from chaishots.api.contract.values import (
    BY_LANGUAGE,
    Language,
    Title,
    TopicName,
    TranslatedDescription,
    TranslatedSummary,
)


class _Texts(BaseModel):
    """What is sent: closed. What is answered is open, and therefore has classes of its own."""

    model_config = ConfigDict(extra="forbid")


class NewProgramTexts(_Texts):
    """A program's title and description in another language; what is left out is not translated."""

    title: Title = ""
    description: TranslatedDescription = ""


class NewTermTexts(_Texts):
    """A term's title in another language than its program's."""

    title: Title = ""


class NewLessonTexts(_Texts):
    """A lesson's title and summary in another language; what is left out is not translated."""

    title: Title = ""
    summary: TranslatedSummary = ""


class NewTopicTexts(_Texts):
    """A topic's name in a language."""

    name: TopicName = ""


class ProgramTextsPatch(_Texts):
    """What to change of a program's texts in another language; null takes one away."""

    title: Title | None = None
    description: TranslatedDescription | None = None


class TermTextsPatch(_Texts):
    """What to change of a term's texts in another language; null takes one away."""

    title: Title | None = None


class LessonTextsPatch(_Texts):
    """What to change of a lesson's texts in another language; null takes one away."""

    title: Title | None = None
    summary: TranslatedSummary | None = None


class TopicTextsPatch(_Texts):
    """What to change of a topic's name in a language; null takes it away."""

    name: TopicName | None = None


class ProgramTexts(BaseModel):
    """A program's title and description in another language; what is left out is not translated."""

    title: Title = ""
    description: TranslatedDescription = ""


class TermTexts(BaseModel):
    """A term's title in another language than its program's."""

    title: Title = ""


class LessonTexts(BaseModel):
    """A lesson's title and summary in another language; what is left out is not translated."""

    title: Title = ""
    summary: TranslatedSummary = ""


class TopicTexts(BaseModel):
    """A topic's name in a language."""

    name: TopicName = ""


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
