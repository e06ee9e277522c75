"""What check-links does: the URLs of content, asked for one by one, and a few lines for each that does not answer."""

import asyncio
import json
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import click

from chaishots import __version__
from chaishots.content.queries.urls_in_content import LinkUse, find_links
from chaishots.database.connection import session
from chaishots.outbound.link_check import Link, Verdict, check_links
from chaishots.safe_text import harmless, visible

_USER_AGENT: Final = f"chaishots-check-links/{__version__}"


@dataclass(frozen=True)
class Checked:
    """How many URLs there are, and how many of them answered, did not, or asked to come later."""

    total: int
    counts: "Counter[Verdict]"

    @property
    def is_fine(self) -> bool:
        """Whether each was asked for, and none is broken."""
        return not self.counts[Verdict.BROKEN] and self.counts.total() == self.total

    def __str__(self) -> str:
        told = f"{self.counts[Verdict.ANSWERS]:,} URLs answer, {self.counts[Verdict.BROKEN]:,} do not"
        if later := self.counts[Verdict.UNSURE]:
            told += f", {later:,} ask to come later"
        if left := self.total - self.counts.total():
            told += f", {left:,} were not asked: time was up"
        return f"{told}."


async def find(dsn: str, program_id: UUID | None, *, application_name: str) -> dict[str, LinkUse]:
    """The URLs of content, or of one program, and where they stand."""
    async with session(dsn, application_name=application_name) as connection:
        return await find_links(connection, program_id)


async def check(uses: dict[str, LinkUse], *, as_json: bool, allow_private: bool, seconds: float) -> Checked:
    """Ask for each URL, for so many seconds at most, and print what does not answer as it is found."""
    counts: Counter[Verdict] = Counter()
    checking = check_links(uses, user_agent=_USER_AGENT, allow_private=allow_private)
    async with aclosing(checking):
        try:
            async with asyncio.timeout(seconds):
                async for link in checking:
                    counts[link.verdict] += 1
                    if link.verdict is not Verdict.ANSWERS:
                        click.echo(_json(link, uses[link.url]) if as_json else _lines(link, uses[link.url]))
        except TimeoutError:
            pass  # what was not asked for is told
    return Checked(len(uses), counts)


def _lines(link: Link, use: LinkUse) -> str:
    more = f", and {use.count - 1:,} times more" if use.count > 1 else ""
    where = f"{use.kind} {use.title!r} ({use.id}), {use.place}{more}"
    return f"{visible(link.url)}\n    {visible(link.reason)}\n    {visible(where)}"


def _json(link: Link, use: LinkUse) -> str:
    document = {"url": link.url, "verdict": link.verdict, "status": link.status, "reason": link.reason}
    document |= {"kind": use.kind, "id": str(use.id), "title": use.title, "place": use.place, "count": use.count}
    return harmless(json.dumps(document, ensure_ascii=False))
