"""A team's own macros: read from a file, or refused with what to do."""

from pathlib import Path

import pytest

from trustladder.errors import TrustladderError
from trustladder.web.pages.macros import MACROS, read_macros


def file_of(folder: Path, text: str) -> str:
    path = folder / "macros.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_teams_own_macros_replace_ours_and_fill_their_places(tmp_path: Path) -> None:
    macros = read_macros(file_of(tmp_path, "Hello: Hello, this is {me} on {ticket}.\nBye: >-\n  Good\n  bye\n"))
    assert [(item.name, item.filled("Ana", "t-1").text) for item in macros] == [
        ("Hello", "Hello, this is Ana on t-1."),
        ("Bye", "Good bye"),
    ]
    assert read_macros("") is MACROS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a\n- b\n", "maps names to texts"),
        ("Hello: 4\n", "maps names to texts"),
        ("Hello: {a: b}\n", "maps names to texts"),
        ("Hello: [\n", "macros.yaml"),
        ("".join(f"m{number}: text\n" for number in range(51)), "at most 50"),
    ],
)
def test_what_is_no_file_of_macros_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TrustladderError, match=said):
        read_macros(file_of(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustladderError, match=r"none\.yaml"):
        read_macros(str(tmp_path / "none.yaml"))
