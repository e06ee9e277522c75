"""The operator's terminal: all content, live, and every action on it one key away. Knows content and database alone."""
