"""The learned score: how much a conversation reads like ones that ended badly, with its words and turns."""

from trustladder.detect.outcome.model import OutcomeModel, OutcomeScore, Reason
from trustladder.detect.outcome.model_file import load_outcome_model

__all__ = ["OutcomeModel", "OutcomeScore", "Reason", "load_outcome_model"]
