"""Pictures from the command line: upload some, and keep house."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool
from chaishots.cli.output import step
from chaishots.concurrency import run_all
from chaishots.content.errors import PictureRefused
from chaishots.database.connection import reading
from chaishots.safe_text import visible
from chaishots.settings import Settings

if TYPE_CHECKING:
    from chaishots.content.exchange.picture_paths import Upload
    from chaishots.content.pictures.upload_and_removal import Collected

_AT_ONCE: Final = 4
_FILES: Final = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE…"
)


def base_url(settings: Settings) -> str:
    """What URLs of pictures begin with."""
    return settings.public_url or settings.address


def uploader(settings: Settings, actor: str, *, is_ours: bool = False) -> "Upload":
    """What keeps a picture, and gives its URL. is_ours: all of them come with the program."""
    from chaishots.content.pictures.decoder_processes import Decoders, OwnDecoder
    from chaishots.content.pictures.upload_and_removal import Pictures
    from chaishots.storage.folder_or_bucket import Store

    # No reader waits for this process: every core may decode.
    decoders = (OwnDecoder if is_ours else Decoders)(os.cpu_count() or 1, is_waited_for=True)
    pictures = Pictures(Store(settings.pictures), decoders)

    async def upload(data: bytes) -> str:
        picture_id, _ = await pictures.keep(data, actor=actor)
        return f"{base_url(settings)}/pictures/{picture_id}.webp"

    return upload


def uploader_when_needed(settings: Settings, actor: str) -> "Upload":
    """The same, whose store is opened with the first picture. Its upload raises StoreAway when that fails."""
    made: list[Upload] = []

    async def upload(data: bytes) -> str:
        if not made:
            made.append(uploader(settings, actor))
        return await made[0](data)

    return upload


def url_only(settings: Settings) -> "Upload":
    """What gives a picture's URL, and leaves it to somebody else to keep it there."""

    async def named(data: bytes) -> str:
        return f"{base_url(settings)}/pictures/{hashlib.sha256(data).hexdigest()}.webp"

    return named


def checker(settings: Settings) -> "Upload":
    """What looks whether a picture would be taken, and gives the URL that it would have; keeps nothing."""
    from chaishots.content.pictures.decoder_processes import Decoders

    decoders, named = Decoders(os.cpu_count() or 1, is_waited_for=True), url_only(settings)

    async def check(data: bytes) -> str:
        await decoders.decode(data)
        return await named(data)

    return check


async def use_base(base: str, actor: str) -> int:
    """Have the URLs of our pictures begin with this; how many programs and lessons changed."""
    from chaishots.content.pictures import stored_pictures

    async with reading() as connection:
        return await stored_pictures.move(connection, base, actor=actor)


@click.command()
@_FILES
def picture(files: tuple[Path, ...]) -> None:
    """Upload pictures, and print a URL for each, for a poster or thumbnail.

    When one is refused, nothing is printed; what was uploaded before it is not uploaded again the next time.
    """
    settings = configure()
    with connect(settings) as postgres, step(f"Uploading {len(files)} pictures"):
        urls = in_pool(settings, postgres, _uploaded(settings, files))
    for url in urls:
        click.echo(url)


@click.group()
def pictures() -> None:
    """Keep house among the pictures."""


@pictures.command()
@click.option("--days", type=click.IntRange(0, 3650), default=30, show_default=True, help="For how long unused.")
def gc(days: int) -> None:
    """Remove pictures that nothing has used for 30 days, and files that an upload cut short has left."""
    settings = configure()
    with connect(settings) as postgres, step("Looking for what nothing uses"):
        collected = in_pool(settings, postgres, _collected(settings, days))
    for picture_id in collected.unused:
        click.echo(f"removed {picture_id}")
    click.echo(
        f"{len(collected.unused)} pictures removed, the files of {len(collected.stray)} that were cut short, "
        f"and {collected.unfinished} files that are not whole."
    )


@pictures.command()
@click.argument("url")
def move(url: str) -> None:
    """Have the URLs of all pictures in content begin with URL: after the catalog moved to another address."""
    settings = configure(CHAISHOTS_PUBLIC_URL=url)
    with connect(settings) as postgres:
        changed = in_pool(settings, postgres, use_base(base_url(settings), operator_name()))
    click.echo(f"{changed} programs and lessons changed.")


async def _uploaded(settings: Settings, files: Sequence[Path]) -> list[str]:
    from chaishots.content.pictures.local_files import read_file

    upload = uploader(settings, operator_name())

    async def one(file: Path) -> str:
        data = await asyncio.to_thread(read_file, file)
        try:
            return await upload(data)
        except PictureRefused as refused:
            raise PictureRefused(f"{visible(file.name)}: {refused}") from refused

    return await run_all(one, files, at_once=_AT_ONCE)


async def _collected(settings: Settings, days: int) -> "Collected":
    from chaishots.content.pictures.upload_and_removal import Pictures
    from chaishots.storage.folder_or_bucket import Store

    return await Pictures(Store(settings.pictures)).collect(actor=operator_name(), age=timedelta(days=days))
