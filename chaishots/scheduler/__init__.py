"""The publisher: who leads, when to wake, what to publish. Knows no HTTP and no terminal."""
