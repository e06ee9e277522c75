"""What somebody has to act on, noted for webhooks: a lesson that is overdue, or that could not be published.

Each lesson once for each of its times and reasons. The database's clock decides what is overdue.
"""

from typing import Final

from chaishots.content.event_types import ATTEMPT_DAYS
from chaishots.content.overdue import OVERDUE_AFTER_SECONDS
from chaishots.content.stored_refusals import reason
from chaishots.database.connection import Connection

LOOK_SECONDS: Final = 2
"""How often it is looked for."""
_MOST_AT_ONCE: Final = 100
KEPT_DAYS: Final = 90
_MOST_ATTEMPTS: Final = 10_000
"""Attempts that are kept of each webhook."""

# lesson_scheduled (publish_at, id); lesson_refused (term_id), refusal_untold (id); alert_once (lesson_id, …).
_NOTE: Final = f"""
    with wanted as materialized (
        select array_agg(distinct type) as types from webhook cross join unnest(events) as type),
    seen as (
        (select 'schedule.overdue' as kind, lesson.id, lesson.term_id, lesson.publish_at, '' as reason
           from lesson cross join wanted
          where status = 'scheduled' and publish_at < now() - make_interval(secs => $1)
            and 'schedule.overdue' = any(types)
            and not exists (select from alert where lesson_id = lesson.id and alert.publish_at = lesson.publish_at
                                                and kind = 'schedule.overdue')
          order by lesson.publish_at, lesson.id limit $2)
        union all
        (select 'lesson.refused', lesson.id, lesson.term_id, lesson.publish_at, {reason("lesson")}
           from lesson cross join wanted
          where status = 'scheduled' and 'lesson.refused' = any(types)
            and lesson.id in (select id from lesson where publish_error is not null
                              union all select id from refusal where not is_told)
            and not exists (select from alert where lesson_id = lesson.id and alert.publish_at = lesson.publish_at
                                                and kind = 'lesson.refused' and alert.reason = {reason("lesson")})
          order by lesson.publish_at, lesson.id limit $2))
    insert into alert (position, kind, lesson_id, program_id, publish_at, reason)
    select (select coalesce(max(position), 0) from alert) + row_number() over (order by seen.publish_at, seen.id, kind),
           kind, seen.id, term.program_id, seen.publish_at, seen.reason
      from seen join term on term.id = seen.term_id where seen.reason is not null
"""
_FORGET: Final = """
    delete from alert where at < now() - make_interval(days => $1) and position < (select max(position) from alert)
"""
# webhook_attempt_age (at); idx_webhook_att_… (webhook_id, id).
_FORGET_ATTEMPTS: Final = """
    delete from webhook_attempt as attempt
     where at < now() - make_interval(days => $1)
        or exists (select from webhook where webhook.id = attempt.webhook_id and attempt.id < (
            select id from webhook_attempt where webhook_id = webhook.id order by id desc offset $2 limit 1))
"""


async def note_alerts(connection: Connection) -> bool:
    """Note what is new, if any webhook wants to know; whether there was something.

    By one session at a time: of two that note the same at once, one fails.
    """
    done = await connection.execute(_NOTE, OVERDUE_AFTER_SECONDS, _MOST_AT_ONCE)
    return not done.endswith(" 0")


async def forget_old(connection: Connection) -> None:
    """Throw away attempts and alerts that are kept no longer."""
    await connection.execute(_FORGET, KEPT_DAYS)
    await connection.execute(_FORGET_ATTEMPTS, ATTEMPT_DAYS, _MOST_ATTEMPTS)
