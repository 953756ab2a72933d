"""What the bot's own turns and tools show."""

import json
import re
from collections.abc import Iterable

from trustladder.core.containment import ToolCall
from trustladder.core.signals import Evidence, Signal
from trustladder.core.ticket import Role, Turn
from trustladder.detect.cues import NO_HITS, Hit, hits_in
from trustladder.detect.detector import AUTOMATION, BOT, Detector, detector
from trustladder.detect.repetition import bot_repetition
from trustladder.detect.scene import Scene
from trustladder.detect.text import read

HANDOFF_TOOL = re.compile(r"transfer_to|handoff|hand_off|escalate|human_agent|live_agent|to_human", re.IGNORECASE)
FAILED = 60
"""From which reading of a tool's result the tool has failed; less is a lookup that found nothing."""
ONE_FAILURE = 50
"""The strength of a first failure."""
_READS = re.compile(
    r"^(?:get|find|list|search|lookup|look_up|read|check|view|show|fetch|calculate|think|retrieve|query|describe)",
    re.IGNORECASE,
)
_ACTS = (
    (100, r"cancel|delete|remove|refund|close|terminate|wipe|reset|revoke|pay|charge|transfer"),
    (80, r"exchange|return|book|purchase|buy|send|issue|create|submit|ship|place"),
    (60, r"modify|update|change|set|edit|add|enable|disable|toggle|grant|resume|suspend|refuel"),
)
_FINALITY = {word: strength for strength, words in _ACTS for word in words.split("|")}
_NAME_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def promised_handoff(text: str) -> str:
    """Return the words in which a bot's text promises a handoff to people, an empty string where it does not."""
    reading = read(text)
    for hit in hits_in(reading, "bot").get("promise", NO_HITS):
        if hit.tag == "handoff":
            return reading.quote(hit.start, hit.end)
    return ""


@detector("broken_promise", roles=frozenset({Role.BOT, Role.CUSTOMER}))
def broken_promise(scene: Scene) -> tuple[Signal, ...]:
    """The bot promised an act by somebody's hand that did not happen.

    Scale: 100 a handoff was promised in an earlier turn, no handoff tool was called, and the bot talks on; 90 the
    customer says that a promise was not kept; 60 a handoff is promised in this very turn without a call that makes
    it true (the gate can turn it into a real escalation); 40 a call, an e-mail or an update is promised.
    """
    if scene.role is Role.CUSTOMER:
        return scene.from_hits("broken_promise", scene.hits_of("unkept"))
    if _hands_over(scene.turn) or any(_hands_over(said.turn) for said in scene.bot):
        return ()
    earlier = _earlier_promise(scene)
    if earlier is not None:
        return (Signal("broken_promise", 100, (earlier, *scene.quoting_all())),)
    hits = scene.hits_of("promise")
    if not hits:
        return ()
    strength = 60 if any(hit.tag == "handoff" for hit in hits) else 40
    return (Signal("broken_promise", strength, scene.quoting(hits)),)


def _hands_over(turn: Turn) -> bool:
    return any(HANDOFF_TOOL.search(call.name) for call in turn.tool_calls)


def _earlier_promise(scene: Scene) -> Evidence | None:
    # Only what was promised before the customer wrote again: two messages of one bot turn are one promise.
    answered = max((said.turn.index for said in scene.customer), default=-1)
    for said in scene.bot:
        hits = [hit for hit in hits_in(said.text, "bot").get("promise", NO_HITS) if hit.tag == "handoff"]
        if hits and said.turn.index < answered:
            return Evidence(said.turn.index, said.text.quote(hits[0].start, hits[0].end))
    return None


@detector("low_confidence", roles=BOT)
def low_confidence(scene: Scene) -> tuple[Signal, ...]:
    """The bot reports low confidence. Scale: 100 minus the bot's own confidence (0 to 100); nothing where none came."""
    confidence = scene.turn.confidence
    if confidence is None:
        return ()
    return (Signal("low_confidence", max(0, min(100, 100 - confidence)), (Evidence(field="confidence"),)),)


@detector("mismatched_confidence", roles=BOT)
def mismatched_confidence(scene: Scene) -> tuple[Signal, ...]:
    """The bot is sure of itself while its text hedges, or claims more than its tools gave.

    Scale: 80 it reports 70 or more while the text hedges twice; 60 it reports so while the text hedges once, or
    the text both asserts and hedges; 70 it asserts right after a tool failed; 0 otherwise, which replaces an
    older reading.
    """
    hedges, certain = scene.hits_of("hedge"), scene.hits_of("certain")
    confidence = scene.turn.confidence
    sure = confidence is not None and confidence >= 70
    strength = 0
    if hedges and (sure or certain):
        strength = 80 if sure and certain else 60
    if certain and _tool_just_failed(scene):
        strength = max(strength, 70)
    return (Signal("mismatched_confidence", strength, scene.quoting((*certain, *hedges))),)


def _tool_just_failed(scene: Scene) -> bool:
    last = scene.ticket.turns[-1] if scene.ticket.turns else None
    return last is not None and last.role is Role.TOOL and bool(_failure(last))


def _failure(turn: Turn) -> int:
    if turn.failed:
        return 70
    # A failure says so at its start: the rest of a long result is data.
    hits = hits_in(read(turn.text[:_TOOL_CHARACTERS]), "tool").get("tool_error", NO_HITS)
    return hits[0].strength if hits else 0


@detector("contradiction", roles=BOT)
def contradiction(scene: Scene) -> tuple[Signal, ...]:
    """The bot contradicts itself or a tool's result.

    Scale: 90 it reports success right after the tool that should have done it failed; 70 it takes back what it
    said; 60 it grants what it refused earlier, or refuses what it granted, about the same thing.
    """
    done = scene.hits_of("grant")
    if done and _tool_just_failed(scene):
        failed = Evidence(scene.ticket.turns[-1].index, read(scene.ticket.turns[-1].text).opening)
        return (Signal("contradiction", 90, (*scene.quoting(done), failed)),)
    if scene.hits_of("admission"):
        return (Signal("contradiction", 70, scene.quoting(scene.hits_of("admission"))),)
    return _turnabout(scene, "grant", "refusal") or _turnabout(scene, "refusal", "grant")


_TOOL_CHARACTERS = 600
_VERB = re.compile(r"refund|cancel|exchang|return|chang|modif|compensat|waive|updat|book|erstatt|stornier|umtausch")


def _turnabout(scene: Scene, now: str, before: str) -> tuple[Signal, ...]:
    hits = scene.hits_of(now)
    verbs = {verb for hit in hits for verb in _VERB.findall(scene.text.folded[hit.start : hit.end])}
    if not verbs or scene.hits_of(before):
        return ()
    for said in reversed(scene.bot):
        for hit in hits_in(said.text, "bot").get(before, NO_HITS):
            if verbs & set(_VERB.findall(said.text.folded[hit.start : hit.end])):
                earlier = Evidence(said.turn.index, said.text.quote(hit.start, hit.end))
                return (Signal("contradiction", 60, (*scene.quoting(hits[:1]), earlier)),)
    return ()


@detector("tool_failure", roles=AUTOMATION)
def tool_failure(scene: Scene) -> tuple[Signal, ...]:
    """A tool call failed, or the same call is made again without another result.

    Scale: 50 a tool failed, or its text tells of an error, 75 for the second failure of the stretch, 100 for the third:
    one failure may be chance, and many a retry succeeds. 40 a lookup that found nothing. A call made twice with the
    same arguments: 40 where it only looks up, as after a failure, 60 where it changes something; 30 more each time.
    """
    if scene.role is Role.TOOL:
        return _failed_again(scene)
    strength = max((_made_again(scene, call) for call in scene.turn.tool_calls), default=0)
    if not strength:
        return ()
    return (Signal("tool_failure", strength, (Evidence(scene.turn.index, field="tool_calls"),)),)


def _made_again(scene: Scene, call: ToolCall) -> int:
    again = _times_called(scene, call)
    return min(100, (60 if finality(call.name) else 40) + 30 * (again - 1)) if again else 0


def _failed_again(scene: Scene) -> tuple[Signal, ...]:
    strength = _failure(scene.turn)
    if not strength:
        return ()
    if strength >= FAILED:
        before = sum(_failure(turn) >= FAILED for turn in scene.ticket.stretch[-40:] if turn.role is Role.TOOL)
        strength = min(100, ONE_FAILURE + 25 * before)
    return (Signal("tool_failure", strength, scene.quoting_all()),)


def _fingerprint(call: ToolCall) -> str:
    return call.name + json.dumps(call.arguments, sort_keys=True, default=str)


def _times_called(scene: Scene, call: ToolCall) -> int:
    mark = _fingerprint(call)
    made = (earlier for turn in scene.ticket.stretch[-60:] for earlier in turn.tool_calls if earlier.name == call.name)
    return sum(_fingerprint(earlier) == mark for earlier in made)


def finality(name: str) -> int:
    """Return how hard a tool's act is to take back, by its name, 0 to 100.

    100 cancel, delete, refund, pay; 80 exchange, return, book, send; 60 update or change; 0 what only reads and
    the handoff to people.
    """
    if _READS.search(name) or HANDOFF_TOOL.search(name):
        return 0
    return max((_FINALITY.get(word.lower(), 0) for word in _NAME_WORDS.findall(name)), default=0)


@detector("irreversible_action", roles=BOT)
def irreversible_action(scene: Scene) -> tuple[Signal, ...]:
    """The bot acts in a way that cannot be taken back, by the name of the tool it calls.

    Scale: 100 cancel, delete, refund, pay; 80 exchange, return, book, send; 60 update or change. Lookups and the
    handoff to people give nothing.
    """
    acts = [(finality(call.name), call.name) for call in scene.turn.tool_calls]
    strength, name = max(acts, default=(0, ""))
    if not strength:
        return ()
    return (Signal("irreversible_action", strength, (Evidence(scene.turn.index, field=f"tool_calls.{name}"),)),)


@detector("asked_again", roles=BOT)
def asked_again(scene: Scene) -> tuple[Signal, ...]:
    """The bot asks for what the customer already gave.

    Scale: 90 for one kind of fact (an order number, an e-mail address …), 100 for more.
    """
    given = {fact.kind: fact for fact in scene.ticket.facts}
    asked: dict[str, Hit] = {hit.tag: hit for hit in scene.hits_of("asks") if hit.tag in given}
    if not asked:
        return ()
    facts = tuple(Evidence(given[kind].turn, given[kind].value, kind) for kind in asked)
    strength = 100 if len(asked) > 1 else 90
    return (Signal("asked_again", strength, (*scene.quoting(asked.values()), *facts)),)


def detectors() -> Iterable[Detector]:
    """Return this file's detectors, in the catalogue's order."""
    yield from (low_confidence, mismatched_confidence, bot_repetition, broken_promise, contradiction)
    yield from (tool_failure, irreversible_action, asked_again)
