"""What the customer's words show by themselves: one detector a cue pack, and topics that need two looks."""

from collections.abc import Iterable

from trustladder.core.signals import Evidence, Signal
from trustladder.detect.asking import asks_back
from trustladder.detect.cues import NO_HITS, hits_in
from trustladder.detect.detector import CUSTOMER, Detector, detector
from trustladder.detect.scene import Scene
from trustladder.detect.vectors import asks_for_a_person, reads_english

LEARNED_AT_LEAST = 70
"""From which learned reading on a text asks for a person: on the recorded tau conversations one customer turn in
1,272 reached it without a cue."""
LEARNED_AT_MOST = 90
"""A learned reading is never as sure as the words themselves."""
OUTRIGHT = 90
"""From which strength a rejection says more than "no"."""
PLAIN_NO = "no"
"""The tag of cues that say "no, it isn't": to a question that is an answer."""
TOPICS = ("payment", "security", "entitlement", "technical_ambiguity")


@detector("human_request", roles=CUSTOMER)
def human_request(scene: Scene) -> tuple[Signal, ...]:
    """The customer asks for a person.

    Scale: 100 asks outright; 90 refuses the bot or asks to be called; 80 asks whether this is a person; 60 asks
    for "customer service", which may be a desk and may be a phone number. In English a learned reading stands
    beside the cues and counts from 70 on.
    """
    hits = scene.hits_of("human_request")
    certain = bool(hits) and hits[0].strength >= LEARNED_AT_MOST
    if certain or not scene.text.words or "human_request" in scene.text.unsaid:
        return scene.from_hits("human_request", hits)
    learned = asks_for_a_person(scene.text) if reads_english(scene.text, scene.ticket.language) else 0
    if learned < LEARNED_AT_LEAST:
        return scene.from_hits("human_request", hits)
    return (Signal("human_request", min(learned, LEARNED_AT_MOST), scene.quoting_all()),)


@detector("rejection", roles=CUSTOMER)
def rejection(scene: Scene) -> tuple[Signal, ...]:
    """The customer says that the answer is not it.

    Scale: 100 names the answer as wrong or beside the point; 90 tells that it did not help; 70 a plain "no" before
    more words. Only after a turn of the bot: there is nothing to reject before. A "no" or a "that's not the one" that
    answers the bot's question does not count, unless the bot asked whether its answer helped.
    """
    hits = scene.hits_of("rejection")
    if scene.last_bot is None:
        return ()
    if asks_back(scene.last_bot.text):
        hits = tuple(hit for hit in hits if hit.strength >= OUTRIGHT and hit.tag != PLAIN_NO)
    return scene.from_hits("rejection", hits)


@detector("clarification", roles=CUSTOMER)
def clarification(scene: Scene) -> tuple[Signal, ...]:
    """The customer does not follow and asks what the bot means, or has to explain again.

    Scale: 100 says so outright; 60 a milder "which one exactly?". Only after a turn of the bot.
    """
    return scene.from_hits("clarification", scene.hits_of("clarification")) if scene.last_bot is not None else ()


@detector("churn_threat", roles=CUSTOMER)
def churn_threat(scene: Scene) -> tuple[Signal, ...]:
    """The customer speaks of leaving. Scale: 100 says so; 70 a step towards it, such as cancelling or a bad review."""
    return scene.from_hits("churn_threat", scene.hits_of("churn_threat"))


@detector("legal_or_safety", roles=CUSTOMER)
def legal_or_safety(scene: Scene) -> tuple[Signal, ...]:
    """The customer speaks of law, a regulator, harm or danger.

    Scale: 100 a lawyer, a lawsuit, an injury or a danger to life; 80 a regulator or a law by name; 60 a formal
    complaint.
    """
    return scene.from_hits("legal_or_safety", scene.hits_of("legal_or_safety"))


@detector("vulnerability", roles=CUSTOMER)
def vulnerability(scene: Scene) -> tuple[Signal, ...]:
    """Illness, bereavement, hardship, disability. Scale: 100 told outright; 60 a hint."""
    return scene.from_hits("vulnerability", scene.hits_of("vulnerability"))


@detector("urgency", roles=CUSTOMER)
def urgency(scene: Scene) -> tuple[Signal, ...]:
    """Time presses. Scale: 100 a deadline or "urgent"; 70 a wish to be quick or a long wait told."""
    return scene.from_hits("urgency", scene.hits_of("urgency"))


@detector("payment", roles=CUSTOMER)
def payment(scene: Scene) -> tuple[Signal, ...]:
    """The issue touches money.

    Scale: 100 money taken wrongly, missing or refused; 70 a payment, an invoice or a refund; 40 a price, an amount, or
    by what means to pay.
    """
    return scene.from_hits("payment", scene.hits_of("payment"))


@detector("policy_ambiguity", roles=CUSTOMER)
def policy_ambiguity(scene: Scene) -> tuple[Signal, ...]:
    """The answer needs interpretation of a policy, not retrieval.

    Scale: 100 an exception, or a reading of the terms against a case; 70 eligibility and what-ifs; 50 policy words.
    """
    return scene.from_hits("policy_ambiguity", scene.hits_of("policy_ambiguity"))


@detector("security", roles=CUSTOMER)
def security(scene: Scene) -> tuple[Signal, ...]:
    """Access, identity or fraud. Scale: 100 a breach, a theft or fraud; 70 locked out; 40 passwords and codes."""
    return scene.from_hits("security", scene.hits_of("security"))


@detector("entitlement", roles=CUSTOMER)
def entitlement(scene: Scene) -> tuple[Signal, ...]:
    """What the plan or contract gives.

    Scale: 100 something paid for is missing; 60 a question about the plan; 40 a status, or another class.
    """
    return scene.from_hits("entitlement", scene.hits_of("entitlement"))


@detector("technical_ambiguity", roles=CUSTOMER)
def technical_ambiguity(scene: Scene) -> tuple[Signal, ...]:
    """A technical problem without a clear cause.

    Scale: 100 it comes and goes, nothing explains it, everything was tried; 70 a fault is described.
    """
    return scene.from_hits("technical_ambiguity", scene.hits_of("technical_ambiguity"))


@detector("multi_cause", roles=CUSTOMER)
def multi_cause(scene: Scene) -> tuple[Signal, ...]:
    """Several needs or causes in one ticket.

    Scale: 70 the customer says that there is another trouble, 50 another question or order, 30 that one thing is added
    to another; 50 when two strong topics (of payment, security, entitlement, a technical fault) have appeared in the
    stretch, 75 for three, 100 for four.
    """
    hits = scene.hits_of("several")
    said = hits[0].strength if hits else 0
    topics = _strong_topics(scene) if any(name in scene.hits for name in TOPICS) else {}
    counted = min(100, 25 * len(topics)) if len(topics) > 1 else 0
    if not max(said, counted):
        return ()
    evidence = scene.quoting(hits) if said >= counted else tuple(topics.values())
    return (Signal("multi_cause", max(said, counted), evidence),)


def _strong_topics(scene: Scene) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    spoken = [(said.turn.index, said.text) for said in scene.customer]
    for index, text in (*spoken, (scene.turn.index, scene.text)):
        hits = hits_in(text, "customer")
        for name in TOPICS:
            hit = hits.get(name, NO_HITS)
            if name not in found and hit and hit[0].strength >= 70:
                found[name] = Evidence(index, text.quote(hit[0].start, hit[0].end))
    return found


def detectors() -> Iterable[Detector]:
    """Return this file's detectors, in the catalogue's order."""
    yield from (human_request, rejection, clarification, churn_threat, legal_or_safety, vulnerability, urgency)
    yield from (payment, policy_ambiguity, security, entitlement, technical_ambiguity, multi_cause)
