"""The processes that decode: bounded in number, memory and time, and whatever becomes of one harms nobody else."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from chaishots.content.errors import PictureRefused, UnsupportedPicture
from chaishots.content.pictures import decoder_processes
from chaishots.content.pictures.decoder_processes import Decoders, OwnDecoder
from chaishots.database.errors import Overloaded
from tests import images
from tests.cluster import eventually
from tests.images import photo, plain

FIRST_WINDOW_BYTES = 14_000
"""What a server sends before it hears back, ten segments of 1,460 bytes, without the answer's headers."""
DEMO_POSTERS = sorted((Path(__file__).parents[3] / "seeds" / "pictures").glob("program-?-landscape.webp"))


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that reads and then does nothing: what a picture can make of one."""
    program = "import sys, time; sys.stdin.buffer.read(); time.sleep(600)"
    monkeypatch.setattr(decoder_processes, "_PROGRAM", program)


def decoders_at_work() -> list[psutil.Process]:
    """The processes of ours that decode at this moment."""
    return [child for child in psutil.Process().children() if decoder_processes._PROGRAM in child.cmdline()]


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


@pytest.mark.usefixtures("hanging")
async def test_one_that_is_killed_refuses_its_picture_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    decoders = Decoders(2)
    first = asyncio.create_task(decoders.decode(plain()))
    await has_decoders(1)
    monkeypatch.undo()
    second = await decoders.decode(plain(640, 480))
    monkeypatch.setattr(decoder_processes, "_PROGRAM", psutil.Process().children()[-1].cmdline()[-1])
    (process,) = decoders_at_work()

    process.send_signal(signal.SIGSEGV)

    with pytest.raises(PictureRefused, match="cannot be decoded"):
        await first
    assert second.width == 640


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
    start, called, _ = decoder_processes._PROGRAM.partition(
        "from chaishots.content.pictures.decoder import main; main()"
    )
    assert called
    greedy = "decoder.decode = lambda data: ({}, bytearray(decoder.MEMORY_BYTES))"
    program = f"{start}from chaishots.content.pictures import decoder; {greedy}; decoder.main()"
    monkeypatch.setattr(decoder_processes, "_PROGRAM", program)

    with pytest.raises(PictureRefused, match="too much memory"):
        await Decoders().decode(plain())
