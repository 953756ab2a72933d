"""The audit for programs: every figure of the page, and where to find the tickets."""

from dataclasses import asdict
from typing import Any

from trustladder.learn.audit import Audit
from trustladder.learn.case import Case, Crossing


def as_json(audit: Audit) -> dict[str, Any]:
    """Return the audit as plain values. Shares are 0 to 1, times epoch milliseconds, message indexes from 0."""
    plain: dict[str, Any] = {
        name: getattr(audit, name)
        for name in (
            "headline", "advice", "policy_name", "policy_digest", "has_bot", "episodes", "in_automation",
            "overstayed", "overstayed_low", "overstayed_high", "asked_for_person", "bot_turns_after_people",
        )
    }  # fmt: skip
    plain["read"] = asdict(audit.read) | {"left_out": audit.read.left_out}
    plain["standing"], plain["hindsight"] = dict(audit.standing), dict(audit.hindsight)
    plain["beyond_turns"] = sum(audit.beyond_turns)
    for name in ("indicators", "strategies", "signals", "types", "rules"):
        plain[name] = [asdict(row) for row in getattr(audit, name)]
    plain["spillover"] = asdict(audit.spillover)
    plain["worst"] = [_ticket(case) for case in audit.worst]
    plain["unneeded"] = [case.conversation for case in audit.unneeded]
    plain["limits"] = list(audit.limits)
    return plain


def _ticket(case: Case) -> dict[str, Any]:
    reading = case.worst
    beyond = [moment.message_index for moment in case.timeline if moment.beyond]
    return {
        "conversation": case.conversation,
        "source": case.source,
        "line": case.line,
        "ticket_type": reading.episode.ticket_type,
        "verdict": reading.against_policy.verdict.value,
        "expected_harm": round(reading.harm, 4),
        "bot_turns_beyond": len(reading.beyond),
        "minutes_beyond": reading.minutes_beyond,
        "message_indexes_beyond": beyond,
        "contain": _crossing(reading.contain),
        "escalate": _crossing(reading.escalate),
    }


def _crossing(crossing: Crossing | None) -> dict[str, Any] | None:
    if crossing is None:
        return None
    return {
        "message_index": crossing.message_index,
        "lane": crossing.lane.word,
        "rule_id": crossing.rule_id,
        "sentence": crossing.sentence,
        "risk": round(crossing.risk, 6),
        "points_by_signal": dict(crossing.points),
        "quotes": list(crossing.quotes),
        "queue": crossing.queue,
    }
