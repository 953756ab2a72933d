"""The reference page of the signals, made from the catalogue, the detectors, the cue packs and the controls.

``python -m trustladder.detect.reference docs/reference/signals.md`` writes it; a test holds the file equal to it.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from trustladder.core.signals import CATALOGUE, SignalGroup, SignalKind
from trustladder.detect.cues import shipped_packs
from trustladder.detect.perceiver import default_detectors

_ROWS_SHOWN = 6
_TITLES = {
    SignalGroup.CUSTOMER: "What the customer says",
    SignalGroup.TOPIC: "What it is about",
    SignalGroup.ACCOUNT: "Whose account it is",
    SignalGroup.BOT: "What the bot does",
    SignalGroup.PROCESS: "How it has gone so far",
}
_OPENING = """# Signals

<!-- Made by `python -m trustladder.detect.reference docs/reference/signals.md`; edit the sources named there. -->

A signal is a named observation on one turn, with a strength in whole hundredths (0 to 100) and evidence: the turn
with the words quoted as they were written, or the trusted field. A *peak* stays on the ticket until automation takes
it anew; a *latest* reading is replaced by the next one. A detector that fails, or takes too long, leaves its signals
unknown, and the ticket is contained where the policy asks for them.

What holds for text that a customer writes:

- A cue is read within one clause, and what unsays it ("I don't want to talk to a human") counts only in that clause.
  So no text before or after a request, set off by an empty line or a full stop, takes the request back. (This holds
  for what cues see; a request that only the learned reading sees depends on the whole message.)
- Only `sentiment`, `sentiment_drop` and the learned `outcome_risk` fall when the customer calms down. `repetition`
  compares whole messages, so that other words make a message less of a repetition; the strongest one of the stretch
  stands.
- Of a message of more than 40,000 characters the first and last 20,000 are read; a hard signal that was not found
  there is unknown, not absent.
- Account and process signals read trusted fields only.
- A value from outside is recorded with its source, and can raise a signal and never lower one.
"""


def signals_page() -> str:
    """Return the page of the signals in Markdown."""
    parts = [_OPENING]
    for group, title in _TITLES.items():
        kinds = [kind for kind in CATALOGUE.values() if kind.group is group]
        parts.append(f"\n## {title}\n")
        parts += [section for kind in kinds for section in _section(kind)]
    return "\n".join(parts).rstrip() + "\n"


def _section(kind: SignalKind) -> Iterator[str]:
    yield f"### `{kind.name}`\n"
    yield f"{kind.observes[0].upper()}{kind.observes[1:]}. *{kind.memory.value.capitalize()}.*\n"
    for scale in dict.fromkeys(_scales(kind.name)):
        yield scale + "\n"
    languages = sorted({pack["language"] for _, pack in shipped_packs() if pack["signal"] == kind.name})
    if languages:
        yield f"Cues in: {', '.join(languages)}.\n"
    yield from _controls(kind.name)


def _scales(name: str) -> Iterator[str]:
    for detector in default_detectors():
        if name in detector.signals:
            yield detector.scale


def _controls(name: str) -> Iterator[str]:
    data = tomllib.loads((files("trustladder.detect") / "controls.toml").read_text(encoding="utf-8"))
    for kind, title in (("fires", "Fires on"), ("silent", "Leaves alone")):
        rows = [row for row in data.get(name, {}).get(kind, "").splitlines() if row]
        if rows:
            yield f"{title}:\n"
            yield "\n".join(f"- {row}" for row in _spread(rows)) + "\n"


def _spread(rows: list[str]) -> list[str]:
    """Return a few rows from all over the list, so that both languages show."""
    step = max(1, len(rows) // _ROWS_SHOWN)
    return rows[::step][:_ROWS_SHOWN]


def main() -> None:
    """Write the page to the path given."""
    Path(sys.argv[1]).write_text(signals_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
