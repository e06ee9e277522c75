"""The processes that decode: bounded in number, memory and time, and whatever becomes of one harms nobody else."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chaishots.content.errors import PictureRefused, UnsupportedPicture
from chaishots.content.pictures import decoder_processes
from chaishots.content.pictures.decoder_processes import Decoders, OwnDecoder
from chaishots.database.errors import Overloaded
from tests import images
from tests.cluster import DEADLINE_SECONDS, eventually
from tests.images import photo, plain

FIRST_WINDOW_BYTES = 14_000
"""What a server sends before it hears back, ten segments of 1,460 bytes, without the answer's headers."""
DEMO_POSTERS = sorted((Path(__file__).parents[3] / "seeds" / "pictures").glob("program-?-landscape.webp"))


@pytest.fixture(autouse=True)
def starters_of_its_own() -> Iterator[None]:
    """What starts the decoders of a test: each has its own."""
    decoder_processes.end_starters()
    yield
    decoder_processes.end_starters()


def have_answer(monkeypatch: pytest.MonkeyPatch, answer: str, *, before: str = "") -> None:
    """Have decoders answer by another function of Python; `before`: what is done where they are started."""
    start, called, _ = decoder_processes._PROGRAM.partition("main()")
    assert called
    monkeypatch.setattr(decoder_processes, "_PROGRAM", f"{start}{before or 'import time'}; main({answer})")


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that reads and then does nothing: what a picture can make of one."""
    have_answer(monkeypatch, "lambda data: time.sleep(600)")


def starter() -> psutil.Process:
    """The process that starts decoders for this one."""
    (process,) = (child for child in psutil.Process().children() if decoder_processes._PROGRAM in child.cmdline())
    return process


def decoders_at_work() -> list[psutil.Process]:
    """The processes of ours that decode at this moment."""
    return [
        process
        for child in psutil.Process().children()
        if decoder_processes._PROGRAM in child.cmdline()
        for process in child.children()
        if process.status() != psutil.STATUS_ZOMBIE
    ]


async def has_decoders(number: int) -> None:
    async def condition() -> bool:
        return len(decoders_at_work()) == number

    await eventually(condition)


async def test_a_picture_is_decoded_in_a_process_of_its_own() -> None:
    assert (await Decoders().decode(images.encoded(photo(900, 600)))).width == 900


@pytest.mark.parametrize("poster", DEMO_POSTERS, ids=lambda poster: poster.stem)
async def test_a_poster_of_the_demo_reaches_a_phone_in_one_round_trip(poster: Path) -> None:
    decoded = await OwnDecoder().decode(poster.read_bytes())
    [phones] = [variant for variant in decoded.variants if variant.width == 640]
    assert phones.avif is not None
    assert len(phones.avif) <= FIRST_WINDOW_BYTES


async def test_a_picture_of_ours_is_decoded_in_this_process_a_small_one_as_webp_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoder_processes, "_PROGRAM", "/nowhere")

    decoded = await OwnDecoder().decode(plain(400, 225))

    assert [(variant.width, variant.avif) for variant in decoded.variants] == [(400, None), (320, None)]
    with pytest.raises(PictureRefused):
        await OwnDecoder().decode(images.SVG)


async def test_what_is_no_picture_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder_processes, "_PROGRAM", "/nowhere")

    with pytest.raises(UnsupportedPicture):
        await Decoders().decode(images.SVG)


@pytest.mark.usefixtures("hanging")
async def test_one_that_the_machine_has_no_time_for_is_ended_and_may_be_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoder_processes, "_SECONDS", 0.3)

    with pytest.raises(Overloaded, match="not decoded within"):
        await Decoders().decode(plain())

    assert decoders_at_work() == []


@pytest.mark.usefixtures("hanging")
async def test_one_that_takes_too_much_of_the_processor_refuses_its_picture() -> None:
    decode = asyncio.create_task(Decoders().decode(plain()))
    await has_decoders(1)

    decoders_at_work()[0].send_signal(signal.SIGXCPU)

    with pytest.raises(PictureRefused, match="too long to decode"):
        await decode


@pytest.mark.usefixtures("hanging")
@pytest.mark.parametrize(("is_waited_for", "priority"), [(False, (os.SCHED_IDLE, 19)), (True, (os.SCHED_OTHER, 5))])
async def test_one_gives_way_to_whoever_has_something_to_answer(is_waited_for: bool, priority: tuple[int, int]) -> None:
    decode = asyncio.create_task(Decoders(is_waited_for=is_waited_for).decode(plain()))
    await has_decoders(1)
    (process,) = decoders_at_work()

    async def gives_way() -> bool:
        return (os.sched_getscheduler(process.pid), process.nice()) == priority

    await eventually(gives_way)
    decode.cancel()
    await asyncio.wait([decode])


async def test_one_that_is_killed_refuses_its_picture_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    have_answer(
        monkeypatch,
        f"lambda data: time.sleep(600) if len(data) == {len(plain())} else decoder.answer(data)",
        before="import time; from chaishots.content.pictures import decoder",
    )
    decoders = Decoders(2)
    first = asyncio.create_task(decoders.decode(plain()))
    await has_decoders(1)
    (process,) = decoders_at_work()
    second = await decoders.decode(plain(640, 480))

    process.send_signal(signal.SIGSEGV)

    with pytest.raises(PictureRefused, match="cannot be decoded"):
        await first
    assert second.width == 640


async def test_pictures_in_turn_come_from_one_starter() -> None:
    decoders = Decoders()
    await decoders.decode(plain())
    first = starter().pid

    await decoders.decode(plain(640, 480))

    assert starter().pid == first


@pytest.mark.usefixtures("hanging")
async def test_one_whose_starter_is_killed_may_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = asyncio.create_task(Decoders().decode(plain()))
    await has_decoders(1)
    (orphan,) = decoders_at_work()
    killed = starter()
    killed.kill()
    orphan.kill()

    with pytest.raises(Overloaded, match="send the picture again"):
        await decode
    await asyncio.to_thread(killed.wait, DEADLINE_SECONDS)
    monkeypatch.undo()
    assert (await Decoders().decode(plain())).width == 800


async def test_a_starter_that_hangs_costs_one_picture_and_another_takes_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await Decoders().decode(plain())
    hung = starter()
    hung.suspend()
    monkeypatch.setattr(decoder_processes, "_SECONDS", 0.1)
    monkeypatch.setattr(decoder_processes, "_STOP_SECONDS", 0.1)

    with pytest.raises(Overloaded, match="not decoded within"):
        await Decoders().decode(plain())

    assert not psutil.pid_exists(hung.pid)
    monkeypatch.undo()
    assert (await Decoders().decode(plain())).width == 800


@pytest.mark.usefixtures("hanging")
async def test_a_starter_that_is_no_longer_wanted_ends_what_it_started() -> None:
    decode = asyncio.create_task(Decoders().decode(plain()))
    await has_decoders(1)
    (process,) = decoders_at_work()

    decoder_processes.end_starters()

    with pytest.raises(Overloaded):
        await decode
    assert not psutil.pid_exists(process.pid)


async def test_one_that_ends_before_it_has_read_all_refuses_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    have_answer(
        monkeypatch,
        "None",
        before="from chaishots.content.pictures import decoder_starter; decoder_starter.SIZE = None",
    )

    with pytest.raises(PictureRefused, match="cannot be decoded"):
        await Decoders().decode(plain() + b"\0" * 4_000_000)


@pytest.mark.usefixtures("hanging")
async def test_one_whose_client_leaves_is_ended() -> None:
    waiting = asyncio.create_task(Decoders().decode(plain()))
    await has_decoders(1)

    waiting.cancel()
    await asyncio.wait({waiting})

    assert decoders_at_work() == []


@pytest.mark.usefixtures("hanging")
async def test_no_more_work_at_once_than_there_are_places_and_none_waits_behind_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoder_processes, "MOST_WAITING", 4)
    decoders = Decoders(2)
    waiting = [asyncio.create_task(decoders.decode(plain())) for _ in range(4)]
    await has_decoders(2)

    with pytest.raises(Overloaded):
        await decoders.decode(plain())

    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    assert decoders_at_work() == []


async def test_a_decoder_has_its_memory_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = "decoder.decode = lambda data: ({}, bytearray(decoder.MEMORY_BYTES))"
    have_answer(monkeypatch, "decoder.answer", before=f"from chaishots.content.pictures import decoder; {greedy}")

    with pytest.raises(PictureRefused, match="too much memory"):
        await Decoders().decode(plain())
