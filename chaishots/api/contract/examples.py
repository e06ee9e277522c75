"""The things that the contract's examples name; `seeds/demo.yaml` has them, so that they can be tried on the demo."""

from typing import Final

PROGRAM_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000001"
TERM_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000101"
LESSON_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000201"
TOPIC_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000301"
TOKEN_ID: Final = "0192f6a0-1a00-7c01-8a11-5e0000000401"  # noqa: S105  # an id, no secret
RELEASE_ID: Final = "0192f6a0-1a00-7ce1-8a11-5e0000000001"
PICTURE_ID: Final = "422a1ad969eae37242b3bb60dde7bbe5e0078d7e2d896d58308bd357232a9004"
CURSOR: Final = "WyIwMTkyZjZhMC0xYTAwLTdjMDEtOGExMS01ZTAwMDAwMDAwMDEiXQ"
MOMENT: Final = "2030-02-01T09:00:00+05:30"
TOPICS: Final = ["Languages", "Telugu"]
CREATED: Final = "2030-01-05T06:00:00.000Z"
CHANGED: Final = "2030-01-31T03:30:00.000Z"
DUE: Final = "2030-02-01T03:30:00.000Z"
