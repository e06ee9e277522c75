"""`python -m chaishots` is the command `chaishots`."""

from chaishots.cli import main

if __name__ == "__main__":
    main()
