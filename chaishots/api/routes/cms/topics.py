"""Topics: /cms/topics."""

from quart import Blueprint, Response

from chaishots.api.auth import actor, requires
from chaishots.api.conditional_requests import if_match
from chaishots.api.contract.parameters import ListPage, identifier, takes_query
from chaishots.api.contract.requests import NewTopic, TopicPatch
from chaishots.api.contract.responses.cms_content import Topic, Topics
from chaishots.api.contract.route_documentation import answers
from chaishots.api.contract.validation import takes_body
from chaishots.api.idempotent_requests import idempotent, retried
from chaishots.api.routes.cms.representations import (
    answer_deleted,
    answer_new,
    answer_one,
    answer_page,
)
from chaishots.content.editing import topics as editing
from chaishots.content.queries import cms_content
from chaishots.content.roles import Role
from chaishots.database.connection import reading

topics = Blueprint("cms_topics", __name__, url_prefix="/cms/topics")


@topics.get("")
@requires(Role.VIEWER)
@answers(Topics)
@takes_query(ListPage)
async def list_topics(query_args: ListPage) -> Response:
    """Every topic by name, used or not, with the number of programs that have it."""
    async with reading() as connection:
        return answer_page("topics", await cms_content.topics(connection, query_args.window))


@topics.post("")
@requires(Role.EDITOR)
@idempotent
@answers(Topic, 201)
@takes_body(NewTopic, example={"name": "Numbers"})
async def create_topic(body: NewTopic) -> Response:
    """Create a topic."""
    topic = await editing.create_topic(body.values(), actor=actor())
    return await answer_new(cms_content.topic, topic.id, "/cms/topics")


@topics.get("/<topic_id>")
@requires(Role.VIEWER)
@answers(Topic)
async def get_topic(topic_id: str) -> Response:
    """A topic."""
    return await answer_one(cms_content.topic, identifier(topic_id))


@topics.patch("/<topic_id>")
@requires(Role.EDITOR)
@retried
@answers(Topic, heeds_if_match=True)
@takes_body(TopicPatch, example={"name": "Telugu", "translations": {"te": {"name": "తెలుగు"}}})
async def change_topic(topic_id: str, body: TopicPatch) -> Response:
    """Change a topic's name or its translations, in every program that has it."""
    key = identifier(topic_id)
    await editing.change_topic(key, body.values(), version=if_match(), actor=actor())
    return await answer_one(cms_content.topic, key)


@topics.delete("/<topic_id>")
@requires(Role.EDITOR)
@retried
@answers(None, 204, heeds_if_match=True)
async def delete_topic(topic_id: str) -> Response:
    """Delete a topic, and take it from every program that has it."""
    await editing.delete_topic(identifier(topic_id), version=if_match(), actor=actor())
    return answer_deleted()
