"""Remembers requests by their Idempotency-Key, with their answers, for a day: who repeats one gets the same answer.

The key's row is written in the transaction of the request itself, so both happen or neither. A row without an answer
belongs to a request whose answer held a secret.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient

from chaishots.content.errors import Conflict
from chaishots.database.orm import query

KEPT_HOURS: Final = 24

# idempotency_key_age (created_at). Rows that another request is about to use are its own to keep.
_FORGET: Final = """
    delete from idempotency_key where id in (
        select id from idempotency_key where created_at < now() - make_interval(hours => $1) for update skip locked)
"""
# Waits for a request with the same key that is still being carried out.
_CLAIM: Final = """
    insert into idempotency_key (token_id, key, request_hash) values ($1, $2, $3)
    on conflict (token_id, key) do nothing returning id
"""
_FIND: Final = """
    select request_hash, answer_status, answer_headers, answer_body from idempotency_key
     where token_id = $1 and key = $2
"""
_KEEP: Final = """
    update idempotency_key set answer_status = $3, answer_headers = $4, answer_body = $5
     where token_id = $1 and key = $2
"""


@dataclass(frozen=True)
class KeptAnswer:
    """What a request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def claim_key(
    transaction: TransactionalDBClient, token_id: UUID, key: str, request_hash: bytes
) -> KeptAnswer | None:
    """Claim the key for a request, or find the answer that the same request had; None: carry it out now.

    Args:
        transaction: the one in which the request is carried out.
        request_hash: what tells this request from another.
    Raises: Conflict when the key was used for another request, or its answer was not kept.
    """
    await query(transaction, _FORGET, KEPT_HOURS)
    if await query(transaction, _CLAIM, token_id, key, request_hash):
        return None
    (kept,) = await query(transaction, _FIND, token_id, key)
    if kept["request_hash"] != request_hash:
        raise Conflict(
            "This key was used for another request: send each request with a key of its own.", field="Idempotency-Key"
        )
    if kept["answer_status"] is None:
        raise Conflict(
            "This was done already, and what it gave is told only once: if that was lost, revoke it and make another.",
            field="Idempotency-Key",
        )
    return KeptAnswer(kept["answer_status"], json.loads(kept["answer_headers"]), kept["answer_body"])


async def keep_answer(transaction: TransactionalDBClient, token_id: UUID, key: str, answer: KeptAnswer) -> None:
    """Keep the answer with the key that was claimed for it."""
    await query(transaction, _KEEP, token_id, key, answer.status, json.dumps(dict(answer.headers)), answer.body)
