"""The database: one Postgres, reached through a pool or, for what needs a session, directly. Knows no content."""
