"""The least that an application can do: send the same answer to everybody, over the server that we use.

    python -m bench.bare_app PORT < answer.json

What the catalog's rate is compared with: whatever it does beyond this costs what is missing.
"""

import asyncio
import json
import sys
from base64 import b64decode
from typing import Final

import uvloop
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from chaishots.api.request_tasks import RequestTasks
from chaishots.api.server.server import serve
from chaishots.api.server.sockets import bound_sockets

_OF_THE_SERVER: Final = frozenset({"date", "connection"})


async def main(port: int, answer: dict[str, object]) -> None:
    """Serve one answer at 127.0.0.1: its status, headers and body."""
    told = [(name.encode(), value.encode()) for name, value in answer["headers"] if name not in _OF_THE_SERVER]
    start = {"type": "http.response.start", "status": answer["status"], "headers": told}
    body = {"type": "http.response.body", "body": b64decode(answer["body"]), "more_body": False}

    async def app(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        await send(start)
        await send(body)

    await serve(app, bound_sockets("127.0.0.1", port), stop=asyncio.Event(), tasks=RequestTasks())


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), json.load(sys.stdin)))
