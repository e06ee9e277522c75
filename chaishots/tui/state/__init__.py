"""What the screens share: the session with the database, its clock, live updates, the outline."""
