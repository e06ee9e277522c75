"""The tables of the feed, as Tortoise models; how each is filled, `scheduler/feed_numbering.py` tells."""

from tortoise import fields
from tortoise.models import Model

from chaishots.content.event_types import FeedKind


class FeedEntry(Model):
    """A program or lesson that is public, or was, at the position of its latest change."""

    _no_comments = True
    id = fields.UUIDField(primary_key=True, default=None)
    kind = fields.CharEnumField(FeedKind)
    position = fields.BigIntField(unique=True)
    is_public = fields.BooleanField()
    changed_at = fields.DatetimeField()
    public_since = fields.BigIntField()

    class Meta(Model.Meta):
        table = "feed"


class FeedMark(Model):
    """The last position of one numbering, with a number by chance: what tells one history from another."""

    _no_comments = True
    position = fields.BigIntField(primary_key=True, generated=False)
    mark = fields.BigIntField()
    marked_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "feed_mark"


class FeedGap(Model):
    """Lines of the history that were not there yet when those behind them were numbered."""

    _no_comments = True
    first_line = fields.BigIntField(primary_key=True, generated=False)
    last_line = fields.BigIntField()
    seen_by = fields.BigIntField()

    class Meta(Model.Meta):
        table = "feed_gap"


class FeedState(Model):
    """How far the feed has come: its last position, and the last line of the history that was seen."""

    _no_comments = True
    id = fields.IntField(primary_key=True, generated=False)
    position = fields.BigIntField()
    line = fields.BigIntField()
    kept_after = fields.BigIntField()

    class Meta(Model.Meta):
        table = "feed_state"
