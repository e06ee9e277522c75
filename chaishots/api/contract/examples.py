"""The things that the contract's examples name; `seeds/demo.yaml` has them, so that they can be tried on the demo."""

from collections.abc import Mapping
from typing import Final

PROGRAM_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000001"
DRAFT_PROGRAM_ID: Final = "0192f6a0-1a00-7c05-8e55-5e0000000005"
ARCHIVED_PROGRAM_ID: Final = "0192f6a0-1a00-7c06-8f66-5e0000000006"
TERM_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000101"
DRAFT_TERM_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000102"
LESSON_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000201"
DRAFT_LESSON_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000202"
SCHEDULED_LESSON_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000203"
ARCHIVED_LESSON_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000204"
RELEASED_LESSON_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000205"
ORDERED_LESSON_IDS: Final = ["0192f6a0-1a00-7c01-8a11-5e0000000207", "0192f6a0-1a00-7c01-8a11-5e0000000206"]
"""All of DRAFT_TERM_ID, the only one of DRAFT_PROGRAM_ID."""
TOPIC_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000301"
PREVIEW_LINK_ID: Final = "0192f6a0-1a00-7ce5-8a11-5e0000000001"
TOKEN_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000401"  # noqa: S105  # an id, no secret
WEBHOOK_ID: Final = "0192f6a0-1a00-7ce2-8a11-5e0000000001"
MESSAGE_ID: Final = "msg_0192f6a01a007ce38a115e0000000001"
RELEASE_ID: Final = "0192f6a0-1a00-7ce1-8a11-5e0000000001"
CHANGE_ID: Final = "0192f6a0-1a00-7ce4-8a11-5e0000000001"
PICTURE_ID: Final = "422a1ad969eae37242b3bb60dde7bbe5e0078d7e2d896d58308bd357232a9004"
CURSOR: Final = "WyIwMTkyZjZhMC0xYTAwLTdjMDEtOGExMS01ZTAwMDAwMDAwMDEiXQ"
DOCUMENT: Final = {
    "programs": [{"title": "Telugu for Beginners", "language_primary": "en", "terms": [{"term_number": 1}]}]
}
MOMENT: Final = "2030-02-01T09:00:00+05:30"
ZONE: Final = "Asia/Kolkata"
TOPICS: Final = ["Languages", "Telugu"]
CREATED: Final = "2030-01-05T06:00:00.000Z"
CHANGED: Final = "2030-01-31T03:30:00.000Z"
DUE: Final = "2030-02-01T03:30:00.000Z"
OF_OPERATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "publish_lesson": {"lesson_id": DRAFT_LESSON_ID},
    "schedule_lesson": {"lesson_id": DRAFT_LESSON_ID},
    "unschedule_lesson": {"lesson_id": SCHEDULED_LESSON_ID},
    "restore_lesson": {"lesson_id": ARCHIVED_LESSON_ID},
    "delete_lesson": {"lesson_id": DRAFT_LESSON_ID},
    "take_out_lesson": {"lesson_id": RELEASED_LESSON_ID},
    "delete_term": {"term_id": DRAFT_TERM_ID},
    "reorder_lessons": {"term_id": DRAFT_TERM_ID},
    "restore_program": {"program_id": ARCHIVED_PROGRAM_ID},
    "delete_program": {"program_id": DRAFT_PROGRAM_ID},
    "reorder_terms": {"program_id": DRAFT_PROGRAM_ID},
}
"""By operation, what its address names where the usual example stands otherwise than it takes."""
