"""The operator's terminal: everything there is, live, and every step of its life a key away. Knows content alone."""
