"""Who has a number or a slug when a scheduled change wants it: what others take and give up before it, or with it.

Pure: follows the changes in the order in which the publisher applies them. Must not know SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

Place = tuple[UUID, int | None]
"""A term and the number in it, or a program and that of a term; a number is None behind the last."""


@dataclass(frozen=True)
class Wish:
    """What a change makes of one thing: its place, and of a program its slugs, with who has them now.

    slugs: those that it wants, with the other program that has each now. gives_up: the slug that is free then, which an
    unpublished program has until then.
    """

    change_id: UUID
    thing: UUID
    place_before: Place | None = None
    place: Place | None = None
    place_holder: UUID | None = None
    slugs: Mapping[str, UUID | None] = field(default_factory=dict[str, UUID | None])
    gives_up: str | None = None

    @property
    def moves(self) -> bool:
        """Whether it takes another place, of a certain number."""
        return self.place is not None and self.place != self.place_before and self.place[1] is not None


@dataclass
class Claims:
    """Where things have gone until a moment, and the slugs that were taken and given up."""

    places: dict[UUID, Place] = field(default_factory=dict[UUID, Place])
    slugs: dict[str, UUID] = field(default_factory=dict[str, UUID])
    given_up: set[tuple[str, UUID]] = field(default_factory=set[tuple[str, UUID]])

    def refused(self, wishes: Sequence[Wish]) -> list[UUID]:
        """The changes, of those of one moment, that get no place: what two exchange, they get."""
        going, refused = [wish for wish in wishes if wish.moves], list[UUID]()
        while (lost := self._first_in_the_way(going)) is not None:
            refused.append(lost.change_id)
            going.remove(lost)
        return refused

    def has_slugs(self, wish: Wish) -> bool:
        """Whether its program gets the slugs that it wants."""
        return not any(
            self.slugs.get(slug, wish.thing) != wish.thing or (holder and (slug, holder) not in self.given_up)
            for slug, holder in wish.slugs.items()
        )

    def take(self, wishes: Sequence[Wish]) -> None:
        """Note what was applied."""
        for wish in wishes:
            if wish.place is not None and wish.place != wish.place_before:
                self.places[wish.thing] = wish.place
            self.slugs |= dict.fromkeys(wish.slugs, wish.thing)
            if wish.gives_up is not None:
                self.given_up.add((wish.gives_up, wish.thing))
                if self.slugs.get(wish.gives_up) == wish.thing:
                    del self.slugs[wish.gives_up]

    def _first_in_the_way(self, going: Sequence[Wish]) -> Wish | None:
        places = self.places | {wish.thing: wish.place for wish in going if wish.place is not None}
        at_place: dict[Place, UUID] = {}
        for thing, place in places.items():
            at_place.setdefault(place, thing)
        # From the end: of two that want one place, the first gets it.
        for wish in reversed(going):
            if wish.place is None:
                continue
            holder = wish.place_holder
            is_held = holder is not None and places.get(holder, wish.place) == wish.place
            if is_held or at_place.get(wish.place, wish.thing) != wish.thing:
                return wish
        return None
