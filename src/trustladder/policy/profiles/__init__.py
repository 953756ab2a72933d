"""The three policies to start from, as the article describes them, each with scenarios that show what it does."""

from functools import cache
from importlib.resources import files

from trustladder.core.policy import Policy
from trustladder.errors import BadInput
from trustladder.policy.load import load_source
from trustladder.policy.problems import did_you_mean
from trustladder.policy.source import parse

PROFILES = {
    "service-heavy": "account value, policy and the relationship come first",
    "product-heavy": "complex issues, unclear faults, payment and entitlement come first",
    "small-team": "care comes first, because every failure is seen",
}
"""The profiles by name, each with what it puts first."""

DEFAULT_PROFILE = "product-heavy"
"""The profile in force where nobody chose one: its ticket types are those that most support teams have."""


def profile_text(name: str) -> str:
    """Return the policy file of a profile. Raises BadInput for a name that is none."""
    return _text(name, f"{name}.yaml")


def profile_scenarios(name: str) -> str:
    """Return the scenario file of a profile. Raises BadInput for a name that is none."""
    return _text(name, f"{name}.scenarios.yaml")


def _text(name: str, file: str) -> str:
    if name not in PROFILES:
        raise BadInput(f"there is no profile '{name}'", where="--profile", fix=did_you_mean(name, PROFILES))
    return files(__package__).joinpath(file).read_text(encoding="utf-8")


@cache
def profile(name: str) -> Policy:
    """Return the policy of a profile. Raises BadInput for a name that is none."""
    return load_source(parse(f"{name}.yaml", profile_text(name)))


def default_policy() -> Policy:
    """Return the policy in force where nobody chose one: that of `DEFAULT_PROFILE`."""
    return profile(DEFAULT_PROFILE)
