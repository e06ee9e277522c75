"""Chai Shots: a mini CMS with a public catalog that publishes lessons on their moment."""

__version__ = "0.1.0"
