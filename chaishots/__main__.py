"""The command `chaishots`, also as `python -m chaishots`."""

from chaishots.tui.host.garbage_collection import collecting_nothing

with collecting_nothing():
    from chaishots.cli.main import main

if __name__ == "__main__":
    main()
