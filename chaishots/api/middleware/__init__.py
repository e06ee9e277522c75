"""Plain ASGI around the application: a request's id, and its metrics."""
