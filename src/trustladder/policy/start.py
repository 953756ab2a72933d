"""The files that a new user starts with: a profile's policy, its scenarios, and the schemas for the editor."""

from collections.abc import Mapping
from pathlib import Path

from trustladder.errors import BadInput
from trustladder.policy.profiles import profile_scenarios, profile_text
from trustladder.policy.schema import as_text, policy_schema, scenario_schema


def scenarios_beside(policy: Path) -> Path:
    """Return where a policy's scenarios are kept: ``policy.yaml`` has them in ``policy.scenarios.yaml``."""
    return policy.with_name(f"{policy.stem}.scenarios.yaml")


def files_to_start_with(profile: str, to: Path) -> dict[Path, str]:
    """Return the files by path, the policy first. Raises BadInput for a folder, and for a profile that is none."""
    if to.is_dir():
        raise BadInput("this is a folder", where=str(to), fix=f"name the file in it: --to {to / 'policy.yaml'}")
    return {
        to: profile_text(profile),
        scenarios_beside(to): profile_scenarios(profile),
        to.with_name("policy.schema.json"): as_text(policy_schema()),
        to.with_name("scenarios.schema.json"): as_text(scenario_schema()),
    }


def write_new(files: Mapping[Path, str]) -> list[Path]:
    """Write files that are not there yet; one that is there with the same text stays.

    Raises BadInput, and writes nothing, when one is there with another text or cannot be written.
    """
    for path, text in files.items():
        if path.exists() and (not path.is_file() or path.read_bytes() != text.encode()):
            fix = "choose another name with --to, or move the file away"
            raise BadInput("the file is there already, and nothing is overwritten", where=str(path), fix=fix)
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadInput(
                f"the file cannot be written: {reason}", where=str(path), fix="choose another --to"
            ) from None
    return list(files)
