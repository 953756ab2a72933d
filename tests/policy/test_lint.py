"""Lint: each mistake is found, at its place, and a policy without it is left alone."""

from pathlib import Path

import pytest
from tests.policy.support import SMALL, changed, codes_of, findings_of, policy_of

from trustladder.policy.lint import CODES, has_errors, lint
from trustladder.policy.profiles import PROFILES, profile, profile_text
from trustladder.policy.source import parse

ASKED = "    escalate_when:\n      - {signal.human_request: {at_least: 60}}\n"
CONTAINED = "contained: {acts: [acknowledge, gather, summarise, triage]}"
MOOD_ONLY = (
    ("repetition: 40, rejection: 30, payment: 15, human_request: 30, sentiment: 12", "sentiment: 120"),
    ("    max_bot_turns: 6\n", ""),
)


def test_a_sound_policy_has_no_findings() -> None:
    assert findings_of(SMALL) == []


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_lints_clean(name: str) -> None:
    assert lint(profile(name), parse(name, profile_text(name))) == []


@pytest.mark.parametrize(
    ("replacements", "code", "severity", "where"),
    [
        (
            [("{ticket_type: billing}", "{account.value: {at_least: 20, at_most: 10}}")],
            "never-fires",
            "error",
            "policy.yaml:17:11",
        ),
        ([("{ticket_type: billing}", "{language: {is: en, in: [de]}}")], "never-fires", "error", "policy.yaml:17:11"),
        (
            [("{ticket_type: billing}", "{language: en}"), (ASKED, ASKED + "      - {language: de}\n")],
            "shadowed",
            None,
            None,
        ),
        (
            [
                (
                    "    escalate_when:\n",
                    "    when: {language: en}\n    contain_when: [{language: de}]\n    escalate_when:\n",
                )
            ],
            "never-fires",
            "error",
            "policy.yaml:25:20",
        ),
        ([("contain_at: 45%", "contain_at: 55%")], "shadowed", "error", "policy.yaml:18:17"),
        ([("escalate_at: 70%", "escalate_at: 75%")], "shadowed", "error", "policy.yaml:19:18"),
        ([("escalate_at: 75%", "escalate_at: 99.9%")], "unreachable", "error", "policy.yaml:14:18"),
        (
            [("contain_at: 50%\n    escalate_at: 75%", "contain_at: 80%\n    escalate_at: 75%")],
            "out-of-order",
            "error",
            "policy.yaml:13:17",
        ),
        (
            [("contain_at: 50%\n    escalate_at: 75%", "notify_at: 80%\n    contain_at: 50%\n    escalate_at: 75%")],
            "out-of-order",
            "error",
            "policy.yaml:13:16",
        ),
        ([("contain_at: 50%", "contain_at: 50%\n    notify_at: 47%")], "out-of-order", "warning", "policy.yaml:13:17"),
        (
            [("    escalate_at: 70%\n", "    costs: {spillover: 100, person_minutes: 200}\n")],
            "unreachable",
            "error",
            "policy.yaml:19:12",
        ),
        ([("faq: {base: -40, queue: team,", "faq: {base: -40,")], "no-route", "error", "policy.yaml:7:3"),
        ([("people: [bo]", "people: []")], "no-owner", "error", "policy.yaml:31:3"),
        ([("open: {mon-fri: 09:00-17:00}", "open: {}")], "never-open", "error", "policy.yaml:36:3"),
        ([("[ana], hours: office, escalates", "[ana], escalates")], "nobody-in-hours", "error", "policy.yaml:30:3"),
        (
            [("[bo], hours: office", "[bo], hours: office, escalates_to: team")],
            "chain-loops",
            "error",
            "policy.yaml:30:54",
        ),
        ([MOOD_ONLY[0]], "sentiment-alone", "warning", "policy.yaml:8:3"),
        (list(MOOD_ONLY), "sentiment-alone", "error", "policy.yaml:8:3"),
        (
            [("triage, inform]}\n  - id", "triage, inform, resolve]}\n  - id")],
            "may-resolve",
            "error",
            "policy.yaml:8:3",
        ),
        ([("  faq:", "  security_question:")], "may-resolve", "error", "policy.yaml:7:3"),
        (
            [("{signal.human_request: {at_least: 60}}", "{signal.sentiment: {at_least: 60}}")],
            "no-human-request",
            "error",
            "policy.yaml:10:1",
        ),
        (
            [("    escalate_when:\n", "    when: {ticket_type: faq}\n    escalate_when:\n")],
            "no-human-request",
            "error",
            "policy.yaml:10:1",
        ),
        (
            [(CONTAINED, "contained: {acts: [acknowledge, inform]}")],
            "contained-may-answer",
            "warning",
            "policy.yaml:28:21",
        ),
        ([(CONTAINED, "contained: {acts: [resolve]}")], "contained-may-answer", "error", "policy.yaml:28:21"),
        (
            [("automated: {acts: [acknowledge, ", "automated: {acts: [")],
            "contained-beyond-automated",
            "error",
            "policy.yaml:28:3",
        ),
        (
            [("{ticket_type: billing}", "{ticket_type: billing, confidence: {at_most: 40}}")],
            "needs-fact",
            "warning",
            "policy.yaml:17:34",
        ),
        (
            [("{ticket_type: billing}", "{ticket_type: billing, account.value: {at_least: 9}}")],
            "needs-fact",
            "warning",
            "policy.yaml:17:34",
        ),
        ([("{at_least: 60}", "{at_least: 0}")], "always-true", "error", "policy.yaml:25:10"),
        ([("    because: Money is where trust hangs.\n", "")], "no-because", "warning", "policy.yaml:15:9"),
        ([("  handoff: {en: A colleague has it now.}\n", "")], "no-message", "warning", "policy.yaml:38:3"),
        (
            [("{en: I have noted it.}", "{en: I have noted it., de: Notiert.}")],
            "no-message",
            "warning",
            "policy.yaml:40:17",
        ),
        ([("{en: I have noted it.}", "{en: 'Hello {name}'}")], "placeholder", "error", "policy.yaml:38:17"),
        ([("{en: I have noted it.}", "{en: ' '}")], "no-message", "error", "policy.yaml:38:17"),
        (
            [("  bo: {name: Bo", "  cy: {name: Cy, hours: office}\n  bo: {name: Bo")],
            "unused",
            "warning",
            "policy.yaml:34:3",
        ),
        ([("escalates_to: lead", "cost_of_delay_per_hour: 5")], "unused", "warning", "policy.yaml:31:3"),
        (
            [("  office: {", "  night: {zone: UTC, open: {mon: 20:00-22:00}}\n  office: {")],
            "unused",
            "warning",
            "policy.yaml:36:3",
        ),
        ([("  unknown: {base: -35, queue: team}\n", "")], "no-unknown-type", "warning", "policy.yaml:5:1"),
        (
            [("    contain_at: 45%\n    escalate_at: 70%\n", "    escalate_at: 48%\n")],
            "skips-containment",
            "warning",
            "policy.yaml:8:3",
        ),
        (
            [
                ("    contain_at: 50%\n    escalate_at: 75%\n", ""),
                ("    because: Past", "    because: It asks for nothing. Past"),
            ],
            "asks-for-nothing",
            "error",
            "policy.yaml:11:5",
        ),
    ],
)
def test_each_mistake_is_found(
    replacements: list[tuple[str, str]], code: str, severity: str | None, where: str | None
) -> None:
    found = {finding.code: finding for finding in findings_of(changed(*replacements))}
    if severity is None:
        assert code not in found
        return
    assert code in found, sorted(found)
    assert found[code].severity == severity
    assert found[code].where == where
    assert found[code].fix
    assert set(found) <= set(CODES)


def test_hours_that_people_keep_elsewhere_are_found_across_zones() -> None:
    text = changed(
        ("  office: {", "  tokyo: {zone: Asia/Tokyo, open: {mon-fri: 09:00-17:00}}\n  office: {"),
        ("bo: {name: Bo, hours: office", "bo: {name: Bo, hours: tokyo"),
    )
    found = next(f for f in findings_of(text) if f.code == "nobody-in-hours")
    assert "lead is open on mon at 09:00" in found.message


def test_a_policy_without_queues_has_no_route() -> None:
    start, end = SMALL.index("queues:"), SMALL.index("messages:")
    text = (SMALL[:start] + SMALL[end:]).replace(", queue: team", "")
    assert codes_of(text)["no-route"] == "error"


def test_without_the_file_findings_name_the_path() -> None:
    findings = lint(policy_of(changed(("contain_at: 45%", "contain_at: 55%"))))
    assert [finding.where for finding in findings] == ["thresholds.1.contain_at"]
    assert has_errors(findings)
    assert not has_errors([])


def test_every_code_is_seeded_once_in_this_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [code for code in CODES if f'"{code}"' not in text] == []


def test_findings_stand_in_the_order_of_the_file() -> None:
    text = changed(
        ("people: [bo]", "people: []"), ("contain_at: 45%", "contain_at: 55%"), ("{at_least: 60}", "{at_least: 0}")
    )
    lines = [int(finding.where.split(":")[1]) for finding in findings_of(text)]
    assert lines == sorted(lines)
    assert len(lines) >= 3
