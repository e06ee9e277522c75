"""The command `chaishots`, also as `python -m chaishots`."""

from chaishots.collecting import collecting_nothing

with collecting_nothing():
    from chaishots.cli import main

if __name__ == "__main__":
    main()
