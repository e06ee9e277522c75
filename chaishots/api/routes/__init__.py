"""The routes: each parses its request, asks the content, and presents the answer."""
