"""Answers of the catalog: rendered once, kept in memory, served while they are current."""
