"""The glossary names what the core names."""

import re

from scripts.glossary import GLOSSARY, public_names, whole

from trustladder.core.containment import Act, Answer, Lane
from trustladder.core.verdict import Verdict


def test_the_generated_half_agrees_with_the_code() -> None:
    text = GLOSSARY.read_text()
    assert whole(text) == text, "run: uv run python scripts/glossary.py"


def test_every_public_name_says_what_it_is() -> None:
    silent = [name for names in public_names().values() for name, meaning in names if len(meaning) < 10]
    assert not silent


def test_the_words_of_lanes_acts_answers_and_verdicts_are_in_the_first_half() -> None:
    first_half = GLOSSARY.read_text().split("## Names in the core")[0]
    words = [lane.word for lane in Lane] + [*Act, *Answer, *Verdict]
    missing = [word for word in words if f"`{word}`" not in first_half]
    assert not missing


def test_the_words_stand_in_order() -> None:
    words = re.findall(r"^\| \*\*(.+?)\*\*", GLOSSARY.read_text(), re.MULTILINE)
    assert words == sorted(words, key=str.lower)
