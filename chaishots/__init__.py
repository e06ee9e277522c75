"""Chai Shots: a mini CMS with a public catalog that publishes lessons on their moment."""

__version__ = "0.2.0"
API_VERSION = "1"
"""What the API promises to stay compatible with (docs/API.md); every answer names it. Not the program's version."""
