"""The domain: programs, terms and lessons, their rules and their history. Knows no HTTP and no terminal."""
