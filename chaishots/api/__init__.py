"""The HTTP face: parses requests, asks the content, presents the answer. No rule of content lives here."""
