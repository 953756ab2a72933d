"""Load a policy file: read, check everything, then build the values that the ladder decides with."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from trustladder.core.conditions import Group
from trustladder.core.containment import Act, Authority, ToolGrant, ToolLimit
from trustladder.core.policy import Clocks, Hours, Person, Policy, Queue, TicketType
from trustladder.core.risk import NEVER, points_hundredths_of
from trustladder.core.threshold import Costs, Rule
from trustladder.policy.canonical import with_digest
from trustladder.policy.conditions import ConditionReader
from trustladder.policy.hours import read_shifts
from trustladder.policy.model import AuthorityPart, PersonPart, PolicyFile, QueuePart, RulePart, TicketTypePart
from trustladder.policy.names import check_names
from trustladder.policy.problems import Problems
from trustladder.policy.source import Source, read_source
from trustladder.policy.wording import note_validation_errors


def load_policy(path_or_text: str | Path) -> Policy:
    """Return the policy of a YAML file, or of text (any string with a line break).

    Raises PolicyError; when the file is YAML, it is a PolicyProblems that tells everything that is wrong, each with
    file:line:column and what to do.
    """
    return load_source(read_source(path_or_text))


def load_source(source: Source) -> Policy:
    """Return the policy that a source holds. Raises PolicyProblems, as `load_policy` does."""
    problems = Problems(source)
    problems.empty_values()
    written = source.root.plain()
    model = _model(written, problems)
    conditions = ConditionReader(problems, _types(written))
    if isinstance(written, Mapping):
        check_names(written, conditions, problems)
    problems.raise_any()
    assert model is not None, "a model that is not there has left a problem"  # noqa: S101
    return with_digest(_build(model, conditions))


def _model(written: object, problems: Problems) -> PolicyFile | None:
    try:
        return PolicyFile.model_validate(written)
    except ValidationError as error:
        note_validation_errors(error, PolicyFile, problems)
        return None


def _types(written: object) -> frozenset[str]:
    types = written.get("ticket_types") if isinstance(written, Mapping) else None
    return frozenset(map(str, types)) if isinstance(types, Mapping) else frozenset()


def _build(model: PolicyFile, conditions: ConditionReader) -> Policy:
    return Policy(
        digest="",
        name=model.name,
        ticket_types={name: _ticket_type(name, part) for name, part in model.ticket_types.items()},
        weights=dict(model.weights),
        rules=tuple(_rule(part, conditions) for part in model.thresholds),
        automated=_authority(model.containment.automated),
        contained=_authority(model.containment.contained),
        queues={name: _queue(name, part, conditions) for name, part in model.queues.items()},
        people={name: _person(name, part) for name, part in model.people.items()},
        hours=dict(_hours(model, conditions.problems)),
        messages={name: dict(told) for name, told in model.messages if told},
        currency=model.currency,
        high_value=model.high_value,
        audit_sample_percent=float(model.audit_sample_percent),
        audit_sample_seed=model.audit_sample_seed,
        targets={key: float(value) for key, value in model.targets if value is not None},
        permit_seconds=float(model.permit_seconds),
    )


def _ticket_type(name: str, part: TicketTypePart) -> TicketType:
    return TicketType(name, part.base, part.trust_critical, part.queue, tuple(part.examples))


def _authority(part: AuthorityPart) -> Authority:
    # In the order of the ladder, whatever the order in the file: the digest is of what it means.
    acts = tuple(act for act in Act if act.value in part.acts)
    tools = tuple(
        ToolGrant(name, tuple(ToolLimit(argument, float(limit.at_most)) for argument, limit in sorted(limits.items())))
        for name, limits in sorted(part.tools.items())
    )
    return Authority(acts, tools, part.every_tool, (tuple(sorted(set(part.must_cite))),) if part.must_cite else ())


def _rule(part: RulePart, conditions: ConditionReader) -> Rule:
    costs = Costs(**part.costs.model_dump()) if part.costs is not None else None
    escalate_at = costs.escalate_at if costs is not None else part.escalate_at
    return Rule(
        id=part.id,
        when=conditions.group(part.when, ()),
        contain_at=_points(part.contain_at),
        notify_at=_points(part.notify_at),
        escalate_at=_points(escalate_at),
        contain_when=_groups(part.contain_when, conditions),
        notify_when=_groups(part.notify_when, conditions),
        escalate_when=_groups(part.escalate_when, conditions),
        max_bot_turns=part.max_bot_turns,
        max_minutes=part.max_minutes,
        authority=_authority(part.authority) if part.authority is not None else None,
        because=part.because,
        costs=costs,
    )


def _groups(written: Sequence[Mapping[str, object]], conditions: ConditionReader) -> tuple[Group, ...]:
    return conditions.alternatives(list(written), ())


def _points(risk: float | None) -> int:
    return NEVER if risk is None else points_hundredths_of(risk)


def _queue(name: str, part: QueuePart, conditions: ConditionReader) -> Queue:
    return Queue(
        id=name,
        serves=_groups(part.serves, conditions),
        people=tuple(part.people),
        hours=part.hours,
        clocks=Clocks(**part.clocks.model_dump()),
        cost_of_delay_per_hour=part.cost_of_delay_per_hour,
        escalates_to=part.escalates_to,
    )


def _person(name: str, part: PersonPart) -> Person:
    return Person(
        id=name,
        name=part.name,
        skills=tuple(part.skills),
        languages=tuple(part.languages),
        hours=part.hours,
        authority={limit: float(amount) for limit, amount in part.authority.items()},
        at_once=part.at_once,
    )


def _hours(model: PolicyFile, problems: Problems) -> Iterator[tuple[str, Hours]]:
    for name, part in model.hours.items():
        shifts = read_shifts(part.open, ("hours", name, "open"), problems)
        yield name, Hours(name, part.zone, tuple(sorted(shifts, key=_by_day)), tuple(sorted(part.holidays)))


def _by_day(shift: object) -> tuple[int, int, int]:
    return shift.weekday, shift.start_minute, shift.end_minute  # type: ignore[attr-defined]
