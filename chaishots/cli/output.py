"""How commands tell people how it goes, and programs what came of it."""

import json
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import click

from chaishots.safe_text import harmless, visible


@contextmanager
def step(text: str) -> Generator[None]:
    """Tell a terminal that something takes its time; say nothing in a pipe."""
    shown = sys.stderr.isatty()
    text = visible(text)
    began = time.monotonic()
    if shown:
        click.echo(f"{text} … ", err=True, nl=False)
    try:
        yield
    except BaseException:
        if shown:
            click.echo("failed", err=True)
        raise
    if shown:
        click.echo(f"done ({time.monotonic() - began:.1f} s)", err=True)


def as_json_text(document: dict[str, Any]) -> str:
    """A document as it is printed for programs; nothing in it steers a terminal."""
    return harmless(json.dumps(document, indent=2, ensure_ascii=False))
