"""JSON Schema as generators of clients understand it, of bodies and of answers.

Pydantic's schemas are right, and some tools lose what they say: a map whose keys have a pattern comes as
`patternProperties`, which half of the generators leave out with all that is in the map. Here the same is said in the
words that they all know. Must not know routes.
"""

from typing import Any, Final

from chaishots.api.contract.responses.answer import Json
from chaishots.content.urls import PATTERN

_EMPTY: Final[tuple[object, ...]] = ("", None, [], {})


def shape_common(schema: Any) -> Any:  # Any: JSON Schema
    """The schema, said so that it refuses what the code refuses, in words that generators know."""
    if isinstance(schema, list):
        return [shape_common(part) for part in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    shaped: Json = {key: shape_common(value) for key, value in schema.items()}  # pyright: ignore[reportUnknownVariableType]
    if "patternProperties" in shaped:
        [(pattern, value)] = shaped.pop("patternProperties").items()
        shaped["propertyNames"] = {"type": "string", "pattern": pattern}
        shaped["additionalProperties"] = value
    elif "propertyNames" in shaped and "enum" in shaped["propertyNames"]:
        shaped["propertyNames"] = {"type": "string", **shaped["propertyNames"]}
    if shaped.get("format") == "uri":
        shaped["pattern"] = PATTERN
    return shaped


def shape_answer(schema: Json) -> Json:
    """What is answered: open, so that a member more is no change for clients; what is left out has no default."""
    return _opened(shape_common(schema))


def shape_body(schema: Json, *, is_patch: bool) -> Json:
    """What is taken: closed. What is left out is said in words, as `default` makes generators send it, or require it.

    Args:
        is_patch: what a merge patch leaves out stays as it is: there is nothing that it would be instead.
    """
    shaped = shape_common(schema)
    if "properties" in shaped:
        shaped["properties"] = {name: _said(member, is_patch=is_patch) for name, member in shaped["properties"].items()}
    return shaped


def _said(member: Json, *, is_patch: bool) -> Json:
    default = member.get("default")
    without = {key: value for key, value in member.items() if key != "default"}
    if is_patch or "default" not in member or default in _EMPTY:
        return without
    words = f"Left out, it is {default}.".replace("False", "false").replace("True", "true")
    return {**without, "description": " ".join(filter(None, (member.get("description"), words)))}


def _opened(schema: Any) -> Any:  # Any: JSON Schema
    if isinstance(schema, list):
        return [_opened(part) for part in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    opened: Json = {key: _opened(value) for key, value in schema.items()}  # pyright: ignore[reportUnknownVariableType]
    if "properties" in opened and opened.get("additionalProperties") is False:
        del opened["additionalProperties"]
    if opened.keys() & {"type", "$ref", "anyOf"}:  # a schema, and not the members of one, of which one may be `default`
        opened.pop("default", None)
    return opened
