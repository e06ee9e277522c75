"""Turns content into text, rows and pages for the screen. Pure; what people wrote is hostile here."""
