"""What the delivery layer counts, for GET /metrics."""

from dataclasses import dataclass


@dataclass
class DeliveryStatistics:
    """What the layer has done since the process began, in plain numbers; the last six are of this moment.

    hits: answers that were held and current. validated: held answers found current by asking the database, while no
    change could be heard. misses: answers that were not held, and had to be rendered. expired: answers that were held
    but no longer current, and had to be rendered. waits: of both, requests that shared another's render. spared: what
    was held from before a change, in a burst of them, while it was rendered anew. stale: what was held from before,
    while the database was away. not_modified: of all these, those that the client had already.
    failed: problem documents, 404 and 503 above all. passed: requests handed to Quart. renders: times that the database
    was asked for an answer. drops: changes that made what is held old, all or some. evictions: answers that made room.
    heard: 1 while changes are heard, 0 while they are asked for instead.
    """

    hits: int = 0
    validated: int = 0
    misses: int = 0
    expired: int = 0
    waits: int = 0
    spared: int = 0
    stale: int = 0
    not_modified: int = 0
    failed: int = 0
    passed: int = 0
    renders: int = 0
    drops: int = 0
    evictions: int = 0
    entries: int = 0
    bytes_held: int = 0
    bytes_limit: int = 0
    queued: int = 0
    heard: int = 0
