"""`trustladder proxy`: an OpenAI-compatible endpoint whose every answer has passed the gate."""

from typing import Annotated

import typer

MOST_BODY_BYTES = 20_000_000
"""Conversations travel whole with each request, sometimes with pictures."""


def proxy(
    upstream: Annotated[str, typer.Option(help="The model's server, such as https://api.openai.com/v1.")],
    service: Annotated[str, typer.Option(help="Where trustladder up runs.")] = "http://127.0.0.1:8700",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8701,
    tenant: Annotated[str, typer.Option(help="Whose tickets these are.")] = "default",
    upstream_key: Annotated[
        str, typer.Option(envvar="TRUSTLADDER_UPSTREAM_KEY", help="Key for the model's server; else the caller's own.")
    ] = "",
    api_key: Annotated[str, typer.Option(envvar="TRUSTLADDER_API_KEY", help="Key for the trustladder service.")] = "",
) -> None:
    """Stand between a bot and its model: point the bot's base_url here, and nothing leaves without a permit."""
    from trustladder.client import AsyncClient
    from trustladder.connect.openai_proxy import create_proxy
    from trustladder.web.limits import BodyLimit
    from trustladder.web.serving import listen, serve

    for option, url in (("--upstream", upstream), ("--service", service)):
        _must_be_address(option, url)
    app = create_proxy(upstream, AsyncClient(service, api_key=api_key, tenant=tenant), key=upstream_key)
    app.add_middleware(BodyLimit, most_bytes=MOST_BODY_BYTES)
    at = listen(host, port)
    typer.echo(f"the proxy is up: base_url http://{host}:{port}/v1, model at {upstream}, gate at {service}")
    serve(app, at)


def _must_be_address(option: str, url: str) -> None:
    from urllib.parse import urlsplit

    from trustladder.errors import BadInput

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise BadInput(f"{option} {url}: this is no web address", fix="give one such as https://api.openai.com/v1")
