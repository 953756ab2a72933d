"""Settings of the service: read from the environment, each with a default that works on one machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from trustladder.errors import BadInput

PREFIX = "TRUSTLADDER_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service needs to know before it starts. Each field is ``TRUSTLADDER_<FIELD>`` in the environment."""

    ledger: str = "sqlite:///trustladder.db"
    """Where the ledger is: ``sqlite:///path`` or ``postgresql://…``."""
    policy: str = ""
    """The policy file; empty for the default profile that ships with trustladder."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = 8700
    """The port to listen on."""
    keys: str = ""
    """The file of API keys (`trustladder keys new`); empty asks for none, which is for loopback only."""
    data: str = "../shared/data"
    """Where evaluation finds conversations that are not part of the project."""
    macros: str = ""
    """A YAML file of texts to begin a reply with, ``name: text``; empty for the few that ship with trustladder."""
    risk_model: str = ""
    """The learned score's file, as `trustladder learn risk` writes it; empty for the one that is shipped."""
    judge_url: str = ""
    """An OpenAI-compatible endpoint, up to ``/v1``, whose model reads each customer turn besides; empty for none."""
    judge_model: str = ""
    """The judge's model, as its endpoint names it."""
    judge_key: str = field(default="", repr=False)
    """The judge's API key, if it wants one."""
    judge_ms: int = 2_000
    """How long a turn waits for the judge, in milliseconds; then its reading is unknown, and law 4 takes over."""
    summary_url: str = ""
    """An OpenAI-compatible endpoint, up to ``/v1``, whose model tells handoffs in short; empty for none."""
    summary_model: str = ""
    """The model that tells handoffs in short, as its endpoint names it."""
    summary_key: str = field(default="", repr=False)
    """The API key of that endpoint, if it wants one."""
    summary_ms: int = 5_000
    """How long the first reader of a handoff waits for that, in milliseconds; then the packet stands alone."""
    embed_origins: str = ""
    """Which sites may show the handoff card in a frame, besides our own: origins, separated by spaces."""
    public_url: str = ""
    """Where people reach the pages, for links in notifications; empty for the host and port above."""
    notify: str = ""
    """What goes where, as ``escalated=slack, breached=slack email``; what is not named goes to every channel."""
    smtp: str = field(default="", repr=False)
    """The mail server, ``smtp://user:password@host:587`` or ``smtps://…``; empty for no e-mail."""
    mail_from: str = ""
    """The address that e-mail comes from."""
    mail_to: str = ""
    """The addresses that e-mail goes to, separated by spaces."""
    slack_webhook: str = field(default="", repr=False)
    """A Slack incoming webhook; empty for none."""
    webhook_url: str = field(default="", repr=False)
    """Where Standard Webhooks are posted; empty for nowhere."""
    webhook_secret: str = field(default="", repr=False)
    """What webhooks are signed with: ``whsec_`` and random bytes in base64."""
    trusted_hosts: str = ""
    """Hosts inside a network that webhooks may be posted to, separated by spaces; every other must be public."""

    @property
    def policy_path(self) -> Path | None:
        """The policy file, None for the default profile."""
        return Path(self.policy) if self.policy else None

    @property
    def risk_model_path(self) -> Path | None:
        """The learned score's file, None for the shipped one."""
        return Path(self.risk_model) if self.risk_model else None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that an environment gives. Raises BadInput for a value of the wrong kind."""
    given: dict[str, str | int] = {}
    for item in fields(Settings):
        name = PREFIX + item.name.upper()
        if name in environment:
            given[item.name] = _typed(name, environment[name], item.default)
    return Settings(**given)  # type: ignore[arg-type]  # _typed gives each field its own type


def _typed(name: str, value: str, default: object) -> str | int:
    if not isinstance(default, int):
        return value
    try:
        return int(value)
    except ValueError:
        raise BadInput(
            f"{value!r} is no whole number", where=name, fix=f"set {name} to a number, or unset it"
        ) from None
