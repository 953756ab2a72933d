"""The scenes of the documentation's pictures can be made again, and their pages answer."""

from pathlib import Path

import httpx2
import pytest
from scripts import learn_scene, scene


def test_the_afternoon_is_served(tmp_path: Path) -> None:
    with scene.served(tmp_path) as url:
        paths = (
            "/",
            "/queue",
            "/integrity",
            "/dead-letters",
            "/tickets/billing-7",
            "/chat/chat-1",
            "/embed/handoff/billing-7",
        )
        answers = {path: httpx2.get(url + path).status_code for path in paths}
    assert set(answers.values()) == {200}, answers


def test_four_months_of_learn_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn_scene, "ACCOUNTS", 20)
    with scene.served(tmp_path, learn_scene.furnish) as url:
        answers = {path: httpx2.get(url + path) for path in ("/learn", "/learn/review", "/learn/proposals")}
        alarms = httpx2.get(url + "/dead-letters").text
    assert {answer.status_code for answer in answers.values()} == {200}
    assert "Learn was last run" in answers["/learn"].text
    assert "by Dana Weiss" in answers["/learn"].text
    assert "Nothing is wrong" in alarms, "every escalated ticket of the scene has its timer"
