"""Hostile and broken files: a clear PolicyError, soon, whatever stands in them."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustladder.errors import PolicyError
from trustladder.policy.load import load_policy
from trustladder.policy.profiles import PROFILES, profile_text
from trustladder.policy.source import MOST_BYTES, MOST_VALUES, parse, read_source

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (BOMB, "p:1:4: an anchor (&a) stands here"),
        ("a: *b\n", "p:1:4: an alias (*b) stands here"),
        ("a: !!python/object:os.system x\n", "p:1:4: a tag (tag:yaml.org,2002:python/object:os.system) stands here"),
        ("a: !!set {b}\n", "p:1:4: a tag"),
        ("[" * 100_000, "p:1:21: values are nested deeper than 20"),
        ("{a: " * 50_000, "p:1:81: values are nested deeper than 20"),
        ("".join(" " * i + "a:\n" for i in range(100)), "p:21:21: values are nested deeper than 20"),
        ("- x\n" * 200_000, f"p:{MOST_VALUES}:3: the file holds more than 50,000 values"),
        ("a: " + "x" * MOST_BYTES, "p:1:1: the file is larger than 1,000,000 bytes"),
        ("", "p:1:1: the file is empty"),
        ("# only a comment\n", "p:1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "p:2:1: a second document begins here"),
        ("%YAML 1.1\n---\na: 1\n", "p:2:1: the file asks for another YAML version"),
        ("? [a, b]\n: c\n", "p:1:3: a list or a map stands where a key must"),
        ('a: "never closed\n', "p:2:1: this is not YAML"),
        ("a: [1, 2\nb: 3\n", "p:2:2: this is not YAML"),
        ("a:\n\t- b\n", "p:2:1: this is not YAML"),
        ("a: 1\nb: c\0d\n", "p:2:5: a NUL byte stands here"),
        ("a: 1\nb: c\x07d\n", "p:2:5: the character U+0007 may not stand in YAML"),
        (b"a: 1\nb: \xff\n", "p:2:4: byte 0xff is not UTF-8"),
        (b"a: caf\xc3\n", "p:1:7: byte 0xc3 is not UTF-8"),
        ('a: "\\ud800"\n', "p:1:4: half of a character stands here"),
    ],
)
def test_what_no_policy_needs_is_refused_with_its_place(raw: str | bytes, told: str) -> None:
    started = time.monotonic()
    with pytest.raises(PolicyError) as caught:
        parse("p", raw)
    assert str(caught.value).startswith(told)
    assert "→" in str(caught.value)
    assert time.monotonic() - started < 20, "a hostile file must not hold anybody up"


def test_the_words_of_yaml_1_2_are_read_as_they_are_written() -> None:
    text = "a: [no, on, 12, 007, 0x1F, 1_000, 1.5, .5, true, 2026-12-25, 09:00, '12', 45%, 1e3]\n"
    assert parse("p", text).root.plain() == {
        "a": ["no", "on", 12, 7, 31, 1000, 1.5, 0.5, True, "2026-12-25", "09:00", "12", "45%", 1000.0]
    }


def test_a_number_too_long_to_read_is_told_as_text() -> None:
    assert parse("p", "a: " + "9" * 5000).root.plain() == {"a": "9" * 5000}


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="No such file"):
        read_source(tmp_path / "none.yaml")
    with pytest.raises(PolicyError, match="Is a directory"):
        read_source(tmp_path)
    with pytest.raises(PolicyError, match="cannot be read"):
        read_source("a\0b")


@pytest.mark.parametrize("text", ["a\n", "- 1\n", "1\n", "{}\n", "{a: {b: [c]}}\n", "null\n"])
def test_yaml_that_is_no_policy_is_told(text: str) -> None:
    with pytest.raises(PolicyError):
        load_policy(text)


PIECES = [*"\n :{}[]\"'#|>%@\t\0?,~é\ud7ff", "  ", "- ", "&a ", "*a", "!t ", "<<: ", "---\n", "45%", "signal.x"]
PIECES += ["0", "-1", "1e999", "null", "true", "thresholds:", "when: {", "at_least"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A profile with pieces cut out, put in, or lines moved."""
    text = profile_text(draw(st.sampled_from(sorted(PROFILES))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        how = draw(st.sampled_from(("insert", "cut", "swap")))
        if how == "insert":
            text = text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=4)) + text[start:]
        elif how == "cut":
            text = text[:start] + text[start + draw(st.integers(1, 60)) :]
        else:
            lines = text.splitlines(keepends=True)
            i, k = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            lines[i], lines[k] = lines[k], lines[i]
            text = "".join(lines)
    return text


@given(mutated())
def test_a_mutated_policy_loads_or_tells_what_is_wrong(text: str) -> None:
    try:
        load_policy(text)
    except PolicyError as error:
        assert str(error).startswith(("<text>:", text[:1]))
        assert error.where.rsplit(":", 2)[1:] == [part for part in error.where.rsplit(":", 2)[1:] if int(part) >= 1]


@given(st.text(max_size=200))
def test_any_text_is_read_or_told(text: str) -> None:
    try:
        load_policy("\n" + text)
    except PolicyError as error:
        assert error.what


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    try:
        parse("p", raw)
    except PolicyError as error:
        assert error.what
