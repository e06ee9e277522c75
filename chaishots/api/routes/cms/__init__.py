"""The routes for editors, under /cms."""
