"""Files in and out: the seed format, importing and exporting."""
