"""`trustladder mcp`: the gate as tools of the Model Context Protocol, over stdio. Advisory."""

from typing import Annotated

import typer


def mcp(
    service: Annotated[str, typer.Option(help="Where trustladder up runs.")] = "http://127.0.0.1:8700",
    tenant: Annotated[str, typer.Option(help="Whose tickets these are.")] = "default",
    api_key: Annotated[str, typer.Option(envvar="TRUSTLADDER_API_KEY", help="Key for the trustladder service.")] = "",
) -> None:
    """Serve check_turn, may_i_say, escalate and get_handoff to an agent. A model may skip a tool: this only advises."""
    from trustladder.client import AsyncClient
    from trustladder.connect.mcp_server import create_server

    create_server(AsyncClient(service, api_key=api_key, tenant=tenant)).run("stdio")
