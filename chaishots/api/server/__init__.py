"""Sockets, connections and HTTP/1.1, and the fast path that answers warm reads on the connection."""
