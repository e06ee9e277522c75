"""What each rule of the database means to whoever broke it: an error of the content, its field, and what to do next."""

from collections.abc import Mapping
from typing import Final

from chaishots.content.errors import IN_RELEASE, Conflict, ContentError, InvalidContent, InvalidTransition, NotFound
from chaishots.content.event_types import MOST_WEBHOOKS
from chaishots.content.field_kinds import Kind
from chaishots.content.fields import ALT_RULE, MOMENT_RULE, TABLES
from chaishots.content.limits import LARGEST_PATCH_BYTES, MOST_CHANGES, MOST_LESSONS, MOST_TERMS, MOST_TOPICS
from chaishots.content.text_normalisation import NAMING_RULE

_REQUIRED_ASSETS: Final = "Add portrait and landscape in the primary language first."

_RULES: Final[Mapping[str, tuple[type[ContentError], str, str]]] = {
    field.constraint(table): (InvalidContent, field.name, field.rule)
    for table, fields in TABLES.items()
    for field in fields
    if field.kind not in (Kind.ID, Kind.FLAG)  # which the type of the column holds
}

EXPLANATIONS: Final[Mapping[str, tuple[type[ContentError], str, str]]] = {
    **_RULES,
    "program_published_posters": (
        InvalidContent,
        "posters",
        f"A published program keeps its posters. {_REQUIRED_ASSETS}",
    ),
    "program_slug_unique": (
        Conflict,
        "slug",
        "This address is another program's, or was and leads there still: choose another slug.",
    ),
    "program_transition": (InvalidTransition, "status", "The program cannot go there from the state it is in."),
    "program_published_at_once": (InvalidTransition, "published_at", "The first publish sets it; it never changes."),
    "program_topic_pkey": (Conflict, "topics", "The program has this topic already."),
    "program_topic_program_id_fkey": (NotFound, "program_id", "There is no such program."),
    "program_topic_topic_id_fkey": (NotFound, "topic_id", "There is no such topic."),
    "program_topic_immutable": (InvalidTransition, "topics", "Take the topic away and add another."),
    "program_topics": (InvalidContent, "topics", f"A program has {MOST_TOPICS} topics at most."),
    "program_terms": (
        InvalidContent,
        "program_id",
        f"A program has {MOST_TERMS} terms at most: begin another program.",
    ),
    "program_lessons": (
        InvalidContent,
        "term_id",
        f"A program has {MOST_LESSONS:,} lessons at most: begin another program.",
    ),
    "topic_name_unique": (Conflict, "name", "There is a topic of this name already: use that one."),
    "term_number_unique": (Conflict, "term_number", "The program has a term of this number: choose another."),
    "term_program_id_fkey": (NotFound, "program_id", "There is no such program."),
    "lesson_required_thumbnails": (
        InvalidContent,
        "thumbnails",
        f"A scheduled or published lesson has its thumbnails. {_REQUIRED_ASSETS}",
    ),
    "lesson_published_at_once": (InvalidTransition, "published_at", "The first publish sets it; it never changes."),
    "lesson_number_unique": (Conflict, "lesson_number", "The term has a lesson of this number: choose another."),
    "lesson_term_id_fkey": (NotFound, "term_id", "There is no such term."),
    "program_id_immutable": (InvalidTransition, "id", "A program keeps its id: make another one instead."),
    "topic_id_immutable": (InvalidTransition, "id", "A topic keeps its id: make another one instead."),
    "term_id_immutable": (InvalidTransition, "id", "A term keeps its id: make another one instead."),
    "lesson_id_immutable": (InvalidTransition, "id", "A lesson keeps its id: make another one instead."),
    "lesson_transition": (InvalidTransition, "status", "The lesson cannot go there from the state it is in."),
    "lesson_program_archived": (InvalidTransition, "program", "Restore the program first: it is archived."),
    "lesson_release_id_fkey": (NotFound, "release_id", "There is no such release."),
    "lesson_in_release": (InvalidTransition, "release_id", IN_RELEASE),
    "lesson_release_status": (InvalidTransition, "status", "Only a draft or scheduled lesson joins a release."),
    "release_published_at_once": (InvalidTransition, "published_at", "The publish sets it; it never changes."),
    "release_reverted_at": (
        InvalidContent,
        "reverted_at",
        f"Only a published release is taken back, by somebody. {MOMENT_RULE}",
    ),
    "release_id_immutable": (InvalidTransition, "id", "A release keeps its id: make another one instead."),
    "release_transition": (InvalidTransition, "status", "The release cannot go there from the state it is in."),
    "release_closed": (
        InvalidTransition,
        "release_id",
        "What is in a published or cancelled release stays as it is: make another release.",
    ),
    "release_delete": (
        InvalidTransition,
        "status",
        "Only an open or cancelled release is deleted: cancel a scheduled one first, keep a published one.",
    ),
    "api_token_name": (
        InvalidContent,
        "name",
        NAMING_RULE,
    ),
    "api_token_role": (InvalidContent, "role", "A role is reader, viewer, editor or admin."),
    "api_token_name_unique": (Conflict, "name", "There is an active token of this name: revoke it, or choose another."),
    "api_token_created_at": (InvalidContent, "created_at", MOMENT_RULE),
    "api_token_last_used_at": (InvalidContent, "last_used_at", MOMENT_RULE),
    "api_token_revoked_at": (InvalidContent, "revoked_at", MOMENT_RULE),
    "api_token_expires_at": (InvalidContent, "expires_at", MOMENT_RULE),
    "preview_link_at": (InvalidContent, "at", MOMENT_RULE),
    "preview_link_created_at": (InvalidContent, "created_at", MOMENT_RULE),
    "preview_link_revoked_at": (InvalidContent, "revoked_at", MOMENT_RULE),
    "preview_link_expires_at": (
        InvalidContent,
        "expires_at",
        "A preview link holds for 90 days at most: give a time within them.",
    ),
    "preview_link_program_id_fkey": (InvalidContent, "program_id", "There is no such program."),
    "preview_link_token_id_fkey": (InvalidContent, "token_id", "There is no such token."),
    "preview_link_immutable": (
        InvalidTransition,
        "id",
        "A preview link shows what it showed: revoke it, and make another one.",
    ),
    "webhook_url": (InvalidContent, "url", "Give the URL of a receiver, such as https://receiver.example/hook."),
    "webhook_events": (InvalidContent, "events", "Name at least one of the types of events, and no others."),
    "webhook_number": (Conflict, "url", f"There are {MOST_WEBHOOKS} webhooks at most: delete one first."),
    "webhook_moments": (InvalidContent, "replayed_at", MOMENT_RULE),
    "webhook_delivery_failing_since": (InvalidContent, "failing_since", MOMENT_RULE),
    "webhook_attempt_at": (InvalidContent, "at", MOMENT_RULE),
    "alert_at": (InvalidContent, "at", MOMENT_RULE),
    "alert_publish_at": (InvalidContent, "publish_at", MOMENT_RULE),
    "webhook_id_immutable": (InvalidTransition, "id", "A webhook keeps its id: make another one instead."),
    "picture_alt": (InvalidContent, "alt", ALT_RULE),
    "picture_used": (Conflict, "id", "Something uses the picture: give that another one first."),
    "picture_immutable": (InvalidTransition, "id", "A picture stays what it is: send another one."),
    "change_object_type": (InvalidContent, "object_type", "What changes is a program, a term or a lesson."),
    "change_object": (
        NotFound,
        "object_id",
        "There is no such thing to change: it was deleted, or never was. Its history is in GET /cms/activity.",
    ),
    "change_patch": (
        InvalidContent,
        "patch",
        f"Give a JSON Merge Patch of one or more columns that editors write, {LARGEST_PATCH_BYTES:,} bytes at most.",
    ),
    "change_apply_at": (InvalidContent, "apply_at", MOMENT_RULE),
    "change_has_moment": (
        InvalidContent,
        "apply_at",
        "Say when: give it a moment of its own (apply_at), or a release, whose moment it takes (release_id).",
    ),
    "change_in_release": (
        InvalidTransition,
        "release_id",
        "The change goes with its release: take it out (release_id null, with its own apply_at), or move the release.",
    ),
    "change_release_id_fkey": (NotFound, "release_id", "There is no such release."),
    "change_end": (InvalidContent, "patch", "Of a lesson's state, a change says only that it is archived."),
    "change_publish_zone": (InvalidContent, "publish_zone", "Give an IANA time zone, such as Asia/Kolkata."),
    "change_number": (
        Conflict,
        "object_id",
        f"A thing has {MOST_CHANGES} scheduled changes at most: cancel one, or wait until one was applied.",
    ),
    "change_status": (InvalidTransition, "status", "A change begins as scheduled."),
    "change_object_immutable": (InvalidTransition, "object_id", "A change keeps its thing: make another one instead."),
    "change_transition": (InvalidTransition, "status", "It was applied or cancelled, and stays so: make another one."),
    "change_applied_at": (InvalidContent, "applied_at", "Only a change that was applied has one."),
    "change_created_at": (InvalidContent, "created_at", MOMENT_RULE),
    "change_updated_at": (InvalidContent, "updated_at", MOMENT_RULE),
    "change_version": (InvalidContent, "version", "A version is a whole number from 1 on."),
    "change_moves_public": (
        InvalidTransition,
        "term_id",
        "What is public moves to a program that is public: publish that one, or archive the lessons first.",
    ),
    "activity_at": (InvalidContent, "at", MOMENT_RULE),
    "idempotency_key_created_at": (InvalidContent, "created_at", MOMENT_RULE),
    "activity_append_only": (InvalidTransition, "activity", "The history is only ever added to."),
}
"""What each constraint of the database means to whoever broke it, by the constraint's name."""


def error_for_constraint(constraint: str | None) -> ContentError | None:
    """The error that a constraint of the database stands for; None when it is none of the content's."""
    if constraint is None or constraint not in EXPLANATIONS:
        return None
    error, field, text = EXPLANATIONS[constraint]
    return error(text, field=field)
