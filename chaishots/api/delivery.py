"""The catalog at the speed of the wire: rendered answers, kept in front of Quart for as long as they are current."""

from dataclasses import dataclass


@dataclass
class DeliveryStatistics:
    """What the layer has done since the process began, in plain numbers; the last three are of this moment.

    hits: answers that were held and current. not_modified: of these, those that the client had already.
    validated: held answers found current by asking the database, while no change can be heard.
    misses: answers that had to be rendered, not found among them. waits: requests that shared another's render.
    stale: answers held from before, while the database is away. unavailable: 503, for want of even those.
    passed: requests handed to Quart. drops: times that a change made all that is held old.
    """

    hits: int = 0
    not_modified: int = 0
    validated: int = 0
    misses: int = 0
    waits: int = 0
    stale: int = 0
    unavailable: int = 0
    passed: int = 0
    drops: int = 0
    evictions: int = 0
    entries: int = 0
    bytes_held: int = 0
    bytes_limit: int = 0
