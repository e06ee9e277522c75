"""What can be looked at without Postgres: names of settings, the disk of the data folder, the store of pictures."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import psutil

from chaishots.checks.findings import Finding, fault, hint, ok
from chaishots.settings import Settings, set_names, unknown_names
from chaishots.storage.folder_or_bucket import CHECK_STORE, Store, StoreAway, folder_of

_SCARCE_BYTES: Final = 200 * 2**20
_LITTLE_BYTES: Final = 2**30
_STORE_SECONDS: Final = 1.5
_FILE: Final = b"chaishots check: a file that may be removed\n"
_OF_A_NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "fuse.sshfs", "fuse.glusterfs", "9p"})


def look_at_settings(environment: Mapping[str, str]) -> Finding:
    """Whether each `CHAISHOTS_…` of the environment is one that somebody reads."""
    unknown = unknown_names(environment)
    if not unknown:
        return ok("settings", f"{len(set_names(environment))} set, each is known")
    told = ", ".join(f"{name} (is {near} meant?)" if near else name for name, near in unknown.items())
    if any(unknown.values()):
        return fault("settings", f"nobody reads {told}", "Write the name as the README has it.")
    return hint("settings", f"nobody reads {told}", "Take it out of the environment, or look in the README's table.")


async def look_at_disk(settings: Settings) -> Finding:
    """Whether the data folder can be written to, and has room left."""
    return await asyncio.to_thread(_look_at_disk, settings.data_dir.absolute())


def _look_at_disk(folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return fault("disk", f"{folder} cannot be looked at: {error.strerror}", _ELSEWHERE)
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        return fault("disk", f"{there} cannot be written to, and the data folder is {folder}", _ELSEWHERE)
    if free < _SCARCE_BYTES:
        return fault("disk", f"{_size(free)} are left for {folder}", "Make room, or name another CHAISHOTS_DATA_DIR.")
    if free < _LITTLE_BYTES:
        return hint("disk", f"{_size(free)} are left for {folder}", "Make room before long.")
    return ok("disk", f"{_size(free)} are left for {folder}")


_ELSEWHERE: Final = "Give it to the user that runs this, or name another folder in CHAISHOTS_DATA_DIR."


def _size(number: int) -> str:
    return f"{number / 2**30:,.1f} GB" if number >= _LITTLE_BYTES else f"{number / 2**20:,.0f} MB"


async def look_at_pictures(settings: Settings) -> Finding:
    """Whether the store of pictures takes a file, gives it back, and lets it be removed."""
    key, where = f"check-{uuid4().hex}.txt", settings.pictures
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            store = await asyncio.to_thread(Store, where)
            await store.put(key, _FILE, content_type="text/plain")
            try:
                same = await store.get(key) == _FILE
            finally:
                await store.delete([key])
    except TimeoutError:
        return fault("pictures", f"{where} does not answer within {_STORE_SECONDS} s", CHECK_STORE)
    except StoreAway as away:
        return fault("pictures", str(away), away.action)
    if not same:
        return fault("pictures", f"{where} gives back another file than it was given", CHECK_STORE)
    return ok("pictures", f"a file was written, read and removed in {where}")


def add_sharing(found: Finding, settings: Settings, hosts: set[str]) -> Finding:
    """The finding of pictures, with what replicas on several hosts mean for a folder."""
    if found.do or len(hosts) < 2 or ("://" in settings.pictures and not settings.pictures.startswith("file:")):
        return found
    folder = folder_of(settings.pictures)
    if _kind_of_disk(folder) in _OF_A_NETWORK:
        return found
    return hint(
        "pictures",
        f"replicas run on {len(hosts)} hosts, and pictures are in a folder here, {folder}",
        "Unless they all have this folder mounted, name a bucket for all of them in CHAISHOTS_PICTURES_URL.",
    )


def _kind_of_disk(folder: Path) -> str:
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounts[place] for place in (folder, *folder.parents) if place in mounts), "")
