"""What verbs write: a report as a page, and figures as JSON on standard output."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from trustladder.errors import BadInput


def write_page(render: Callable[[datetime], str], path: Path) -> Path:
    """Write an HTML report, rendered for this moment. Raises `BadInput` where it cannot be written."""
    try:
        path.write_text(render(datetime.now(UTC)), encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"the report cannot be written: {error.strerror}", where=str(path), fix="choose a place with --report"
        ) from error
    return path


def write_json(plain: object) -> None:
    """Write plain values as indented JSON to standard output."""
    import sys

    import msgspec

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n")
    sys.stdout.buffer.flush()
