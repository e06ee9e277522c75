"""Lessons as a spreadsheet, a row a lesson: read as a file of the seed format is, and written from the tables."""
