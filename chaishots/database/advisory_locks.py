"""Every advisory lock's number, in one place: 0x4368…, "Ch", so that others' locks are not met by chance."""

from typing import Final

PUBLISHER: Final = 0x4368_6169_0000
"""Makes a leader, where the content is in the schema `public`: classid 0x4368, objid 0x61690000.

Postgres keeps one a database; in another schema its own is taken, this number and the schema's oid.
"""
MIGRATION: Final = 0x4368_6169_0001
"""One replica at a time brings the schema up to date."""
SEEDING: Final = 0x4368_6169_0002
"""One file at a time is seeded or imported."""
FIRST_ADMIN: Final = 0x4368_6169_0003
"""One replica at a time makes the token that CHAISHOTS_ADMIN_TOKEN names. Of a transaction."""
LEASE_MARK: Final = 0x4368_6169
"""The first number of a shared lock that every publisher's session holds; the second is its lease in milliseconds."""
SCHEMA_MARK: Final = 0x4368_6170
"""The same, and the second is the oid of the schema that its content is in."""
VERSION_MARK: Final = 0x4368_6174
"""The same, and the second is the version of the program that holds it: 1.2.3 is 1002003."""
PICTURE_MARK: Final = 0x4368_6171
"""The first number of the lock under which a picture's row comes, or its files go; the second begins its id.

Of a transaction, so that a transaction pooler may stand in between.
"""
FEED_MARK: Final = 0x4368_6172
"""The first number of the lock under which changes are numbered; the second is the oid of the table `feed`.

Of a transaction. Its number stands in the function `chaishots_number_changes`.
"""
TOPIC_MARK: Final = 0x4368_6175
"""The first number of the locks under which topics are created; the second is one of 64, by the hash of the name.

Of a transaction. Its number stands in the function `chaishots_hold_topic_names`.
"""
WEBHOOK_MARK: Final = 0x4368_6173
"""The first number of the lock under which webhooks are counted; the second is the oid of the table `webhook`.

Of a transaction. Its number stands in the function `chaishots_begin_webhook`.
"""
