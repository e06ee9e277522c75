"""Things edited as text: opened, edited, compared, checked and stored; `edit_loop.py` is the whole of it."""
