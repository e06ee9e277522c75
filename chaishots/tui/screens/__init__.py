"""The screens of the terminal: each reads content through the session and hands it to its widgets."""
