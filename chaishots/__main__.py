"""The command `chaishots`, also as `python -m chaishots`."""

from chaishots.tui.host.garbage_collection import pause_collection

with pause_collection():
    from chaishots.cli.main import main

if __name__ == "__main__":
    main()
