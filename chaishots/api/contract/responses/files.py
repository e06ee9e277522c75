"""What is answered of a file that was imported."""

from typing import Annotated

from pydantic import Field

from chaishots.api.contract.examples import LESSON_ID, PICTURE_ID
from chaishots.api.contract.responses.answer import Answer, Count, open_enum
from chaishots.content.exchange.import_report import Imported, Listed, Told

_FIRST = Field(description="The first 500 of them.")


class ImportedThing(Answer):
    """A thing of the file. place: its path in the file; null of a topic."""

    kind: Annotated[str, open_enum(("topic", "release", "program", "term", "lesson", "picture"))]
    id: Annotated[str | None, Field(description="null of a topic that is known by its name.")]
    title: Annotated[str | None, Field(description="Or its name.")]
    place: str | None

    example = {
        "kind": "lesson",
        "id": LESSON_ID,
        "title": "The letter అ",
        "place": "programs[0].terms[0].lessons[0]",
    }

    @classmethod
    def of(cls, told: Told) -> "ImportedThing":
        """One of them."""
        return cls(kind=told.kind, id=told.id, title=told.title, place=told.place)


class ChangedThing(ImportedThing):
    """A thing that was there, and the fields that differed."""

    fields: list[str]

    example = {**ImportedThing.example, "fields": ["title", "duration_ms"]}


class ImportedThings(Answer):
    """How many there are, and the first of them."""

    total: Count
    things: Annotated[list[ImportedThing], _FIRST]

    example = {"total": 1, "things": [ImportedThing.example]}

    @classmethod
    def of(cls, listed: Listed) -> "ImportedThings":
        """All of these."""
        return cls(
            total=listed.total, things=[ImportedThing.of(told) for told in listed.first if isinstance(told, Told)]
        )


class ChangedThings(Answer):
    """How many there are, and the first of them."""

    total: Count
    things: Annotated[list[ChangedThing], _FIRST]

    example = {"total": 1, "things": [ChangedThing.example]}

    @classmethod
    def of(cls, listed: Listed) -> "ChangedThings":
        """All of these."""
        changed = (told for told in listed.first if isinstance(told, Told))
        things = [ChangedThing(**ImportedThing.of(told).model_dump(), fields=list(told.fields)) for told in changed]
        return cls(total=listed.total, things=things)


class ImportReport(Answer):
    """What was created, what was changed and how, and what was left as it was; of a dry run, what would be."""

    dry_run: Annotated[bool, Field(description="Whether nothing was stored.")]
    created: ImportedThings
    changed: ChangedThings
    unchanged: ImportedThings
    left_out: Annotated[list[str], Field(description="A sentence for each picture of the file that is not known here.")]

    example = {
        "dry_run": True,
        "created": ImportedThings.example,
        "changed": ChangedThings.example,
        "unchanged": {"total": 0, "things": []},
        "left_out": [f"There is no picture {PICTURE_ID} here: its alt text is left out."],
    }

    @classmethod
    def of(cls, imported: Imported) -> "ImportReport":
        """The report as it is answered."""
        return cls(
            dry_run=imported.is_dry_run,
            created=ImportedThings.of(imported.created),
            changed=ChangedThings.of(imported.changed),
            unchanged=ImportedThings.of(imported.same),
            left_out=[str(sentence) for sentence in imported.unknown.first],
        )
