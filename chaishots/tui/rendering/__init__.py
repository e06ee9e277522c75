"""How things are written and coloured on the screen. Pure."""
