"""How Textual runs inside our loop and on a terminal that may go away. Knows nothing of content."""
