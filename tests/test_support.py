"""What the other tests stand on is real and works here: PostgreSQL, the browser, axe, the fetched front-end."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import trustladder
from tests.support import postgres

if TYPE_CHECKING:
    from playwright.sync_api import Page

PACKAGE = Path(trustladder.__file__).parent


def test_postgres_answers(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_two_databases_are_separate(postgres_server: postgres.PostgresServer, postgres_url: str) -> None:
    other = postgres_server.new_database()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("create table here (x int)")
    with psycopg.connect(other) as connection:
        assert connection.execute("select to_regclass('here')").fetchone() == (None,)
    postgres_server.drop_database(other)


def test_a_template_is_prepared_once_and_copied(postgres_server: postgres.PostgresServer) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("create table there as select 7 as x")

    for _ in range(2):
        copy = postgres_server.new_database(postgres_server.template("there", prepare))
        with psycopg.connect(copy) as connection:
            assert connection.execute("select x from there").fetchone() == (7,)
    assert len(prepared) == 1


@pytest.mark.parametrize("choice", ["system", "wheel"])
def test_each_kind_of_binaries_starts_and_leaves_nothing(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTLADDER_TEST_PG", choice)
    try:
        server = postgres.start()
    except RuntimeError as error:
        if choice == "system" and "What to do" in str(error):
            pytest.skip("this machine has no PostgreSQL of its own")
        raise
    with psycopg.connect(server.new_database()) as connection:
        assert connection.info.server_version >= postgres.OLDEST_MAJOR * 10_000
    server.stop()
    assert not server.folder.exists()
    assert not server.data.exists()
    assert server.process.returncode is not None


def test_a_browser_opens_a_page(page: "Page") -> None:
    page.goto("data:text/html,<title>ladder</title><h1>Detect</h1>")
    assert page.title() == "ladder"
    assert page.locator("h1").inner_text() == "Detect"


def test_axe_finds_a_planted_fault(page: "Page", axe_source: str) -> None:
    page.set_content("<html lang=en><title>t</title><main><h1>t</h1><img src='data:,'></main></html>")
    page.evaluate(axe_source)
    found = page.evaluate("async () => (await axe.run()).violations.map(v => v.id)")
    assert "image-alt" in found


def test_the_front_end_is_fetched() -> None:
    vendor = PACKAGE / "web" / "assets" / "vendor"
    assert b"htmx" in (vendor / "htmx.min.js").read_bytes()
    assert b"uPlot" in (vendor / "uPlot.esm.js").read_bytes()


def test_tests_that_need_the_data_are_skipped_with_the_reason(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    test = tmp_path / "test_needs_data.py"
    test.write_text(
        "import pytest\n@pytest.mark.data\ndef test_marked(): assert False\n"
        "def test_by_fixture(data_dir): assert False\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rs", str(test)]
    done = subprocess.run(
        command, env={**os.environ, "TRUSTLADDER_DATA": str(absent)}, capture_output=True, text=True, check=False
    )
    assert "2 skipped" in done.stdout, done.stdout + done.stderr
    assert f"TRUSTLADDER_DATA not found at {absent}" in done.stdout


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_core_imports_only_the_standard_library_and_itself() -> None:
    foreign = {
        (path.name, name)
        for path in sorted((PACKAGE / "core").rglob("*.py"))
        for name in imports_of(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not name.startswith("trustladder.core")
        and name != "trustladder.errors"
    }
    assert not foreign
