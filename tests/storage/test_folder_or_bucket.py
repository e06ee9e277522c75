"""The store of pictures: the same on a folder and on a bucket."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from chaishots.storage.folder_or_bucket import Entry, Store, StoreAway
from tests import stores

s3, store_url = stores.s3, stores.store_url


async def keys(store: Store, prefix: str | None = None) -> list[str]:
    return sorted([entry.key async for entry in store.list(prefix)])


async def test_what_is_put_is_there(store_url: str) -> None:
    store = Store(store_url)

    await store.put("a/320.webp", b"small", content_type="image/webp")

    assert await store.get("a/320.webp") == b"small"


async def test_a_second_put_takes_the_place_of_the_first(store_url: str) -> None:
    store = Store(store_url)

    await store.put("a/320.webp", b"small", content_type="image/webp")
    await store.put("a/320.webp", b"other", content_type="image/webp")

    assert await store.get("a/320.webp") == b"other"


async def test_what_is_not_there_is_none(store_url: str) -> None:
    assert await Store(store_url).get("a/320.webp") is None


async def test_a_list_names_what_is_in_a_folder_and_nothing_else(store_url: str) -> None:
    store = Store(store_url)
    for key in ("a/320.webp", "a/640.webp", "ab/320.webp"):
        await store.put(key, b"1234", content_type="image/webp")

    assert await keys(store, "a") == ["a/320.webp", "a/640.webp"]
    assert await keys(store) == ["a/320.webp", "a/640.webp", "ab/320.webp"]
    assert [entry.size_bytes async for entry in store.list("ab")] == [4]


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(store_url: str) -> None:
    store = Store(store_url)
    await store.put("a/320.webp", b"small", content_type="image/webp")

    for _ in range(2):
        await store.delete(["a/320.webp"])

    assert await keys(store) == []


async def test_a_file_is_as_old_as_its_last_put(store_url: str) -> None:
    store = Store(store_url)
    await store.put("a/320.webp", b"small", content_type="image/webp")

    (entry,) = [entry async for entry in store.list()]

    assert isinstance(entry, Entry)
    assert entry.modified_at.tzinfo is not None


async def test_a_folder_leaves_no_empty_folder_behind(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "pictures"))
    await store.put("a/320.webp", b"small", content_type="image/webp")

    await store.delete(["a/320.webp"])

    assert [*(tmp_path / "pictures").iterdir()] == []


async def test_a_put_into_a_folder_that_is_cancelled_has_ended_by_then(tmp_path: Path) -> None:
    """Else its file would come after whoever was cancelled has removed what was there."""
    store = Store(str(tmp_path))
    for number in range(10):
        key = f"a/{number}.webp"
        putting = asyncio.create_task(store.put(key, bytes(2_000_000), content_type="image/webp"))
        await asyncio.sleep(0)  # then it is under way
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
        assert await keys(store) == [key]
        await store.delete([key])


async def test_what_a_put_that_was_killed_has_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    await store.put("a/320.webp", b"small", content_type="image/webp")
    half = [tmp_path / name for name in ("a/640.webp#1", "b/320.webp#12", "c/320.webp#1")]
    for file in half:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"half")
    for file in half[:2]:
        os.utime(file, (0, 0))

    assert await store.delete_unfinished(age=timedelta(days=1)) == 2

    left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == ["a/320.webp", "c/320.webp#1"]
    assert not (tmp_path / "b").exists()


async def test_a_folder_that_cannot_be_made_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreAway, match=r"file/pictures, cannot be opened: (?!Generic).*[Nn]ot a directory"):
        Store(str(tmp_path / "file" / "pictures"))


async def test_a_bucket_that_is_not_there_is_told_in_one_line(s3: str) -> None:
    store = Store("s3://no-such-bucket")

    with pytest.raises(
        StoreAway, match=r"^The store of pictures, s3://no-such-bucket, cannot be written: (?!Generic)[^\n]+$"
    ):
        await store.put("a/320.webp", b"small", content_type="image/webp")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Unable to copy data to file: No space left on device (os error 28)", "Make room on its disk."),
        ("Unable to open file: Permission denied (os error 13)", "Let the user that runs this write there"),
        ("[Errno 30] Read-only file system: '/mnt/pictures'", "Let the user that runs this write there"),
        ("timed out", "Check CHAISHOTS_PICTURES_URL"),
    ],
)
def test_what_to_do_about_a_store_goes_by_what_it_said(tmp_path: Path, reason: str, told: str) -> None:
    store = Store(str(tmp_path))
    with pytest.raises(StoreAway) as away, store._explaining("written"):
        raise OSError(reason)
    assert away.value.action.startswith(told)
