"""Replicas, clocks, the network and as much of Postgres as the election stands on: simulated, in one thread.

What runs in it is the real `publish_on_time`, from the loop down to the session: only the driver (`asyncpg.connect`)
and the clock of the event loop are others. No test of what Postgres does: that is asked of Postgres, in the tests
beside this. It is for interleavings, of which it tries thousands a minute, and each one again by its seed.
"""
