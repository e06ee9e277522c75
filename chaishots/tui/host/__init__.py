"""Runs Textual in a loop that others share, on a terminal that may go away. Knows nothing of content."""
