"""What every command begins with: settings, logs, signals, the zone of times, and who acts."""

import getpass
import signal
import sys
from typing import Any, Final, NoReturn

from chaishots.cli.exit_codes import ENDINGS
from chaishots.logs import configure_logs
from chaishots.safe_text import visible
from chaishots.settings import Settings, read_settings
from chaishots.times import show_times_in

_operator: str | None = None
_LONGEST_NAME: Final = 64


def configure(**given: Any) -> Settings:  # Any: what the options hold
    """Read the settings and set up logs and signals, before anything else. Raises: BadSetting."""
    settings = read_and_apply(**given)
    # Until the server has handlers of its own: leave through every `finally`, so that nothing is left running.
    for number in ENDINGS:
        signal.signal(number, _leave)
    return settings


def read_and_apply(**given: Any) -> Settings:  # Any: what the options hold
    """Read the settings and set up logs, the zone of times and who acts; in any thread. Raises: BadSetting."""
    global _operator  # as the zone of times is: one for the process
    settings = read_settings(**given)
    _operator = settings.operator
    configure_logs(log_format=settings.log_format, level=settings.log_level, replica=settings.replica)
    show_times_in(settings.zone)
    return settings


def _leave(received: int, _: object) -> NoReturn:
    for number in ENDINGS:  # leaving is bounded; a second signal would cut it off
        signal.signal(number, signal.SIG_IGN)
    if received == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + received)


def operator_name() -> str:
    """Who acts at the terminal, as it will stand in the history: CHAISHOTS_OPERATOR, or the name of the login."""
    if _operator is not None:
        return _operator
    try:
        # It comes from the environment first, where anything may stand.
        return visible(getpass.getuser())[:_LONGEST_NAME]
    except (OSError, KeyError):  # a container's user may have no name
        return "operator"
