"""Every command that the documentation shows exists, with each of its options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trustladder import cli

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
SHOWN = re.compile(r"^(?: {4}|\$ )?(?:[A-Z_]+=\S+ )*(?:uv run (?:--group \w+ )?)?trustladder ([a-z].*)$")


def shown() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        fenced = False
        for line in page.read_text(encoding="utf-8").splitlines():
            fenced ^= line.startswith("```")
            found = SHOWN.match(line) if fenced or line.startswith("    ") else None
            if found:
                yield page.name, found.group(1)


COMMANDS = sorted(set(shown()))


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_that_is_shown_exists_with_its_options(page: str, command: str) -> None:
    name, *words = shlex.split(command, comments=True)
    known = next((verb for verb in cli.VERBS if verb.name == name), None)
    assert known is not None, f"{page}: there is no verb {name}"
    found: Any = cli.load(known)
    if hasattr(found, "commands"):
        assert words[0] in found.commands, f"{page}: {name} has no {words[0]}"
        found = found.commands[words.pop(0)]
    options = {option for parameter in found.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_the_pages_show_commands() -> None:
    assert {"README.md", "first-audit.md", "policy.md", "learn.md", "in-front-of-a-bot.md"} <= {
        page for page, _ in COMMANDS
    }
