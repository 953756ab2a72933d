"""Fixtures that every test may use: real data, a real PostgreSQL, a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import browser as chromium
from tests.support import postgres
from tests.support.endpoint import Endpoint

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent

# The same examples in every run of CI, whatever the machine's speed; new ones at a developer's desk.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))


def real_data() -> Path:
    """Where the real conversations are, whether or not they are there."""
    return Path(os.environ.get("TRUSTLADDER_DATA") or ROOT.parent / "shared" / "data")


def skip_without_data() -> None:
    if not real_data().is_dir():
        pytest.skip(f"TRUSTLADDER_DATA not found at {real_data()}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("data"):
        skip_without_data()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real conversations; the test is skipped where it is absent."""
    skip_without_data()
    return real_data()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """One PostgreSQL for the session (under xdist: for the worker), started when first asked for."""
    server = postgres.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: postgres.PostgresServer) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The executable of a Chromium; the test fails, saying what to do, where there is none."""
    path = chromium.find_chromium()
    if path is None:
        pytest.fail(chromium.WHAT_TO_DO, pytrace=False)
    return path


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> "Iterator[Browser]":
    """A headless Chromium under Playwright's sync API.

    For one module only: while it is open an event loop runs in this thread, and tests that start their own fail.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, args=list(chromium.ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page in a browser context of this test's own."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The script of axe-core, to inject into a page: the build takes it from npm."""
    script = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.fail(f"axe-core not found at {script}. What to do: run 'make setup'.", pytrace=False)
    return script.read_text(encoding="utf-8")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A language model's endpoint, for one test."""
    running = Endpoint()
    yield running
    running.close()
