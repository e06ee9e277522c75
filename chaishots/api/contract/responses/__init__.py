"""What answers look like, each with an example: for /openapi.json, and for tests that hold real answers against it.

Answers are JSON that Postgres writes, and are not checked as they are sent. Must not know routes.
"""
