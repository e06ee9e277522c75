"""What content can be written in. Knows no more, so that who only names it loads no YAML."""

from enum import StrEnum


class Form(StrEnum):
    """What content is written in: all of it, or as CSV its lessons alone."""

    YAML = "yaml"
    JSON = "json"
    CSV = "csv"
