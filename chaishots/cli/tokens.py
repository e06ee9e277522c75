"""The commands that make, list and revoke the tokens of the CMS."""

from datetime import datetime, timedelta
from typing import Final

import click

from chaishots.cli.configure import configure, operator_name
from chaishots.cli.database import connect, in_pool
from chaishots.content import tokens
from chaishots.content.errors import InvalidContent
from chaishots.content.roles import Role
from chaishots.database.connection import reading
from chaishots.safe_text import visible
from chaishots.times import tell_time

_NOW: Final = "select clock_timestamp()"
"""A token's end is looked at by the database's clock."""


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of the CMS."""


@token.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--expires", metavar="TIME", help="For how long it is good, such as 90d or 12h; for ever if left out.")
def create_token(name: str, role: str, expires: str | None) -> None:
    """Make a token and print it, this once: viewer reads, editor changes, admin manages tokens too."""
    try:
        lifetime = tokens.lifetime(expires) if expires is not None else None
    except InvalidContent as refused:
        raise click.BadParameter(str(refused), param_hint="--expires") from None
    settings = configure()
    with connect(settings) as postgres:
        text = in_pool(settings, postgres, _new_token(name, Role(role), lifetime))
    click.echo(text)


@token.command("list")
def list_tokens() -> None:
    """List every token with its role and last use; the secrets are kept nowhere."""
    settings = configure()
    with connect(settings) as postgres:
        kept_tokens, now = in_pool(settings, postgres, _all_tokens())
        if not kept_tokens:
            click.echo("There are no tokens yet.", err=True)
        for kept in kept_tokens:
            used = f"last used {tell_time(kept.last_used_at)}" if kept.last_used_at else "never used"
            state = f"revoked {tell_time(kept.revoked_at)}" if kept.revoked_at else used
            if kept.expires_at and not kept.revoked_at:
                is_over = kept.expires_at <= now
                state += f", {'expired' if is_over else 'good until'} {tell_time(kept.expires_at)}"
            click.echo(f"{visible(kept.name):<24} {kept.role:<8} made {tell_time(kept.created_at)}, {state}")


@token.command("revoke")
@click.argument("name")
def revoke_token(name: str) -> None:
    """Make a token useless, at once on every replica."""
    settings = configure()
    with connect(settings) as postgres:
        in_pool(settings, postgres, _revoke_token(name))
    click.echo(f"Revoked {visible(name)}.")


async def _new_token(name: str, role: Role, lifetime: timedelta | None) -> str:
    async with reading() as connection:
        expires_at = await connection.fetchval(_NOW) + lifetime if lifetime is not None else None
        _, text = await tokens.create_token(connection, name, role, expires_at=expires_at, actor=operator_name())
        return text


async def _all_tokens() -> tuple[list[tokens.Token], datetime]:
    async with reading() as connection:
        return await tokens.tokens(connection), await connection.fetchval(_NOW)


async def _revoke_token(name: str) -> None:
    async with reading() as connection:
        await tokens.revoke_token(connection, name, actor=operator_name())
