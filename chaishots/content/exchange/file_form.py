"""What a file of content can be written in. Knows no more, so that who only names it loads no YAML."""

from enum import StrEnum


class Form(StrEnum):
    """What a file of content is written in."""

    YAML = "yaml"
    JSON = "json"
