"""Reads uploaded pictures and files of content from request bodies: larger bodies than elsewhere."""

import asyncio
import io
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

from quart import Request, request
from quart.wrappers.request import Body
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, RequestTimeout
from werkzeug.formparser import MultiPartParser

from chaishots.content.errors import InvalidContent
from chaishots.content.pictures.formats_and_limits import MOST_BYTES
from chaishots.database.errors import Overloaded

MOST_UPLOADS: Final = 16
"""How many pictures are received or kept at once: 160 MiB of memory at most."""
MOST_DROPPED: Final = 64 * 1024 * 1024
"""How much is read of what is too large, so that its client sees why it is refused."""
_BODY_SECONDS: Final = 120
"""How long a picture may take to come: at 10 MiB, a line of 700 kbit/s."""
_ENVELOPE_BYTES: Final = 64 * 1024
"""What a form may add to the picture in it."""
_MOST_PARTS: Final = 10
MOST_FILE_BYTES: Final = 4 * 2**20
"""The bytes that a file of content may have: some 7,000 lessons."""
_TOO_LARGE: Final = f"The picture is larger than {MOST_BYTES // 2**20} MiB: save it smaller, and send that."
_NO_FILE: Final = "There is no file in the form: send the picture as one, which has a filename."
_FILE_TOO_LARGE: Final = (
    f"The file is larger than {MOST_FILE_BYTES // 2**20} MiB: send it in parts, some programs at a time, or have it "
    "imported by `chaishots import`."
)


class _UploadBody(Body):
    """A body that counts what has come, not what is yet to be read of it.

    What is too much is read and dropped: a client that is answered before it has sent all may never see the answer.
    """

    too_large: ClassVar[str] = _TOO_LARGE

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(
            expected_content_length if (expected_content_length or 0) > MOST_DROPPED else None, MOST_DROPPED
        )
        self._most_bytes = max_content_length or 0
        self._come_bytes = 0
        if self._must_raise is not None:
            self._must_raise = RequestEntityTooLarge(self.too_large)

    def append(self, data: bytes) -> None:
        self._come_bytes += len(data)
        if self._come_bytes <= self._most_bytes:
            super().append(data)
            return
        self.clear()
        if self._come_bytes > MOST_DROPPED and self._must_raise is None:
            self._must_raise = RequestEntityTooLarge(self.too_large)
            self.set_complete()

    async def __anext__(self) -> bytes:
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            if self._come_bytes > self._most_bytes:
                raise RequestEntityTooLarge(self.too_large) from None
            raise


class _FileBody(_UploadBody):
    too_large = _FILE_TOO_LARGE


_LARGE: Final[Mapping[str, tuple[type[_UploadBody], int]]] = {
    "/cms/pictures": (_UploadBody, MOST_BYTES + _ENVELOPE_BYTES),
    "/cms/import": (_FileBody, MOST_FILE_BYTES),
}
"""The bodies that may be larger than others, by the address that they are sent to."""


class UploadRequest(Request):
    """Quart's request, with room for a picture or a file where one is uploaded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Quart has them
        method, _, path = args[:3]
        if method == "POST" and path in _LARGE:
            self.body_class, kwargs["max_content_length"] = _LARGE[path]
        super().__init__(*args, **kwargs)


class _Uploads:
    """How many are under way, in this process."""

    count = 0


@asynccontextmanager
async def uploading() -> AsyncGenerator[None]:
    """Take one of the places for uploads until the block ends. Raises: Overloaded when there is none."""
    if _Uploads.count >= MOST_UPLOADS:
        raise Overloaded(f"{MOST_UPLOADS} pictures are being uploaded already.")
    _Uploads.count += 1
    try:
        yield
    finally:
        _Uploads.count -= 1


async def read_upload() -> bytes:
    """The picture that was sent: the body itself, or the one file of a form.

    Raises: RequestEntityTooLarge (413); RequestTimeout (408); BadRequest (400) for a form that cannot be read;
        InvalidContent when there is no picture, or there are several.
    """
    picture = await read_large_body("picture")
    if request.mimetype == "multipart/form-data":
        picture = await asyncio.to_thread(_of_form, picture, request.mimetype_params.get("boundary", ""))
    if not picture:
        raise InvalidContent("Send a picture: as the body, or as the one file of a form.", field="picture")
    if len(picture) > MOST_BYTES:
        raise RequestEntityTooLarge(_TOO_LARGE)
    return picture


async def read_large_body(what: str) -> bytes:
    """The body, as it comes. Raises: RequestEntityTooLarge (413); RequestTimeout (408), which names what was sent."""
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            return b"".join([part async for part in request.body])
    except TimeoutError:
        raise RequestTimeout(f"The {what} did not come within {_BODY_SECONDS} s: send it again.") from None


def _of_form(body: bytes, boundary: str) -> bytes:
    # Into memory: the body is there already, and is not large.
    parser = MultiPartParser(stream_factory=_in_memory, max_form_parts=_MOST_PARTS)
    try:
        _, files = parser.parse(io.BytesIO(body), boundary.encode(), len(body))
    except ValueError:
        raise BadRequest("The form cannot be read: send it as multipart/form-data with its boundary.") from None
    except RequestEntityTooLarge:  # of its parts: as a whole it is not
        raise InvalidContent(
            "There is more in the form than a picture: send that alone, as a file.", field="picture"
        ) from None
    given = [file for _, file in files.items(multi=True)]
    if not given:
        raise InvalidContent(_NO_FILE, field="picture")
    if len(given) != 1:
        raise InvalidContent(f"Send one picture at a time: there are {len(given)} files in the form.", field="picture")
    return given[0].read()


def _in_memory(*_: object, **__: object) -> io.BytesIO:
    return io.BytesIO()
