"""Policies for tests: a small one that lints clean, and ways to change it."""

from collections.abc import Mapping

from trustladder.core.policy import Policy
from trustladder.policy.lint import Finding, lint
from trustladder.policy.load import load_source
from trustladder.policy.source import parse

SMALL = """\
version: 1
name: small
currency: EUR
high_value: 1000
ticket_types:
  unknown: {base: -35, queue: team}
  faq: {base: -40, queue: team, examples: [How does it work?]}
  billing: {base: -25, trust_critical: true, queue: team}
weights: {repetition: 40, rejection: 30, payment: 15, human_request: 30, sentiment: 12, sentiment_drop: 14}
thresholds:
  - id: everyone
    because: Past even odds a step harms more than it helps.
    contain_at: 50%
    escalate_at: 75%
  - id: money
    because: Money is where trust hangs.
    when: {ticket_type: billing}
    contain_at: 45%
    escalate_at: 70%
    max_bot_turns: 6
    authority: {acts: [acknowledge, gather, summarise, triage, inform]}
  - id: asked
    because: The customer asks for a person.
    escalate_when:
      - {signal.human_request: {at_least: 60}}
containment:
  automated: {acts: [acknowledge, gather, summarise, triage, inform, resolve], every_tool: true}
  contained: {acts: [acknowledge, gather, summarise, triage]}
queues:
  team: {people: [ana], hours: office, escalates_to: lead}
  lead: {people: [bo], hours: office}
people:
  ana: {name: Ana, hours: office, authority: {refund: 50}}
  bo: {name: Bo, hours: office, authority: {refund: 500}}
hours:
  office: {zone: Europe/Berlin, open: {mon-fri: 09:00-17:00}, holidays: [2026-12-25]}
messages:
  holding: {en: I have noted it.}
  handoff: {en: A colleague has it now.}
  nobody_there: {en: 'We are back {when}.'}
"""


def changed(*replacements: tuple[str, str], text: str = SMALL) -> str:
    """The small policy with words replaced; each must be there."""
    for old, new in replacements:
        assert old in text, f"{old!r} is not in the policy"
        text = text.replace(old, new, 1)
    return text


def policy_of(text: str = SMALL) -> Policy:
    return load_source(parse("policy.yaml", text))


def findings_of(text: str) -> list[Finding]:
    source = parse("policy.yaml", text)
    return lint(load_source(source), source)


def codes_of(text: str) -> Mapping[str, str]:
    return {finding.code: finding.severity.value for finding in findings_of(text)}
