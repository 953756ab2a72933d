"""The application: commands in, the core called, events out.

`Desk` is the one door: every turn, draft, permit and act of a person goes through it.
"""

from trustladder.desk.answers import GateAnswer, PersonAnswer, RedeemAnswer, TurnAnswer
from trustladder.desk.commands import AccountFacts, CustomerAnswer, CustomerTurn, Draft, HumanTurn, Resolution
from trustladder.desk.desk import Desk

__all__ = [
    "AccountFacts",
    "CustomerAnswer",
    "CustomerTurn",
    "Desk",
    "Draft",
    "GateAnswer",
    "HumanTurn",
    "PersonAnswer",
    "RedeemAnswer",
    "Resolution",
    "TurnAnswer",
]
