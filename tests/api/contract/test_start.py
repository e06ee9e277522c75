"""What the contract adds to the start of a server."""

import subprocess
import sys

_BUILT = """
import chaishots.api.app
from pydantic import BaseModel

def below(model):
    for each in model.__subclasses__():
        yield each
        yield from below(each)

ours = [each for each in below(BaseModel) if each.__module__.startswith("chaishots.api.")]
assert len(ours) > 100
built = [each for each in ours if each.__pydantic_complete__ and not any(each.__pydantic_generic_metadata__.values())]
print(*(each.__name__ for each in built))
"""
"""In a process of its own: here, other tests have had most of them built. pydantic builds what is generic at once."""


def test_what_checks_a_body_is_not_built_before_the_first_one() -> None:
    ran = subprocess.run([sys.executable, "-c", _BUILT], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == []
