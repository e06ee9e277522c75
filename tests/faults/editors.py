"""Editors who upload pictures, one after the other each: a program that is nice to what it uploads to.

    python -m tests.faults.editors FILE URL EDITORS UPLOADS

The token is in TOKEN. Each upload is another picture, told by a comment in the JPEG. Prints JSON: what went wrong, and
how long each upload took.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import httpx2


def another(picture: bytes, number: int) -> bytes:
    """The same JPEG with another comment, so that it is another picture to who keeps it by its content."""
    comment = f"upload {number}".encode()
    return picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]


async def main(picture: bytes, url: str, editors: int, uploads: int) -> None:
    """Upload so many, by so many at a time."""
    numbers = iter(range(uploads))
    wrong: list[str] = []
    took_ms: list[float] = []
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=180) as client:

        async def edit() -> None:
            for number in numbers:
                began = time.perf_counter()
                answer = await client.post("/cms/pictures", content=another(picture, number))
                took_ms.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 201:
                    wrong.append(f"{answer.status_code} {answer.text[:200]}")

        await asyncio.gather(*(edit() for _ in range(editors)))
    print(json.dumps({"wrong": wrong, "took_ms": sorted(took_ms)}))


if __name__ == "__main__":
    file, address, editors, uploads = sys.argv[1:]
    asyncio.run(main(Path(file).read_bytes(), address, int(editors), int(uploads)))
