"""A real Chromium for the browser tests; ``python -m tests.support.browser`` prints where it is."""

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# No sandbox: CI runs as root in a container. The rest keeps the browser quiet: no request but the test's own.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WHAT_TO_DO = (
    "No Chromium found for the browser tests. What to do: install one ('apt-get install chromium', or "
    "'uv run playwright install chromium'), or set TRUSTLADDER_CHROMIUM to the path of its executable."
)


def find_chromium() -> Path | None:
    """The Chromium named by TRUSTLADDER_CHROMIUM, the one on PATH, or the newest that Playwright installed."""
    named = os.environ.get("TRUSTLADDER_CHROMIUM")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(on_path) if on_path else _installed_by_playwright()


def _installed_by_playwright() -> Path | None:
    home = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright"
    found = Path(home).expanduser().glob("chromium-*/chrome-linux*/chrome")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


if __name__ == "__main__":
    chromium = find_chromium()
    print(chromium or WHAT_TO_DO)
    sys.exit(chromium is None)
