"""`sequencing tokens …`: keys to the HTTP API."""

from typing import Annotated

import typer

from starter import keys
from starter.commands.shell import As, Json, act, read, show

app = typer.Typer(no_args_is_help=True, help="Keys to the HTTP API.")


@app.command()
def add(name: Annotated[str, typer.Argument(help="What it is for.")], by: As = "", as_json: Json = False) -> None:
    """Make a token with your rights. It is shown this once."""
    made = act(lambda door: keys.add_token(door, name, by))
    show([{"id": made.id, "token": made.token}], as_json)


@app.command("list")
def list_(by: As = "", as_json: Json = False) -> None:
    """Your tokens; for those who manage, everybody's."""
    rows = [
        {
            "id": token.id,
            "user": email,
            "name": token.name,
            "made": token.created_at.isoformat(timespec="seconds"),
            "revoked": token.revoked_at.isoformat(timespec="seconds") if token.revoked_at else None,
        }
        for token, email in read(lambda door: keys.tokens(door, by))
    ]
    show(rows, as_json, "No tokens.")


@app.command()
def revoke(token: Annotated[int, typer.Argument(help="Its number.", min=1)], by: As = "") -> None:
    """End a token; from then on it opens nothing."""
    act(lambda door: keys.revoke_token(door, token, by))
    print(f"Token {token} is revoked.")
