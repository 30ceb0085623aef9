"""``make faults``: no acknowledged write is lost while PostgreSQL is restarted, workers and servers are killed, the disk is full, the object
store is away and a clock jumps.

Two servers and two workers on one embedded PostgreSQL and one S3 (moto's server), behind a line that goes round; officers who send photos and
records, an office that comments, citizens who complain and read. What fails and when is drawn from the seed. After each fault somebody must be acknowledged
again within ``RECOVERY_S``; at the end everything in the clients' journal is looked for (``reckoning``).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from backend.storage import cluster
from tests.journeys.faults.clients import Citizen, Client, Complainant, Journal, Office, Officer
from tests.journeys.faults.lines import Line
from tests.journeys.torture.office import OFFICERS

REPO = Path(__file__).parents[3]
BUCKET = "sunlot-faults"
RECOVERY_S = 20.0
SETTLE_S = 90.0


class Failed(AssertionError):
    """Something was lost, unclear or stuck; the message lists what."""


@dataclass(frozen=True)
class Size:
    seconds: int  # of load
    visits: int
    away_s: float  # how long what is away stays away
    pause_s: float  # from the end of a fault to the next
    rest_s: float  # of an officer or an official between two pieces of work


# Goes on until each fault was there once and somebody was acknowledged after it.
SMALL = Size(seconds=12, visits=8, away_s=0.5, pause_s=0.2, rest_s=0.2)
FULL = Size(seconds=600, visits=120, away_s=4.0, pause_s=6.0, rest_s=0.05)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Faults:
    """One run in a folder that the caller throws away."""

    def __init__(self, home: Path, seed: int, size: Size) -> None:
        self.home, self.size, self.seed = home, size, seed
        self.dice = random.Random(seed)
        self.switches = home / "switches"
        self.switches.mkdir()
        self.ports = {"app1": free_port(), "app2": free_port()}
        self.store_port = free_port()
        self.gate = Line([self.store_port])
        self.front = Line(list(self.ports.values()))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.journal = Journal(home / "journal.jsonl")
        self.done: Counter[str] = Counter()
        self.stop = threading.Event()

    # -- processes --

    def environment(self, name: str = "") -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "WITNESS_POLICY", "PROMETHEUS_MULTIPROC_DIR")}
        return {
            **clean,
            "DATA_DIR": str(self.home),
            "PORT": str(self.ports.get(name, self.front.port)),
            "BASE_URL": f"http://localhost:{self.front.port}",
            "EVIDENCE_URL": f"s3://{BUCKET}/evidence",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.gate.port}",
            "AWS_ACCESS_KEY_ID": "faults",
            "AWS_SECRET_ACCESS_KEY": "faults-secret",
            "LOG_FORMAT": "json",
            "TRUSTED_PROXIES": "1",  # the line is one: strangers come from many addresses
            "SHUTDOWN_SECONDS": "5",
            "FAULTS": str(self.switches),
            "FAULTS_NAME": name,
        }

    def python(self, module: str, *args: str) -> str:
        done = subprocess.run([sys.executable, "-m", module, *args], cwd=REPO, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{module} {' '.join(args)}:\n{done.stdout}{done.stderr[-3000:]}")
        return done.stdout

    def start(self, name: str) -> None:
        if name == "store":
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.store_port)]
        else:
            command = [sys.executable, "-m", "tests.journeys.faults.edge", "serve" if name.startswith("app") else "worker"]
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, cwd=REPO, env=self.environment(name), stdout=log, stderr=log, process_group=0)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        process = self.processes.pop(name)
        os.killpg(process.pid, how)
        process.wait(timeout=30)

    def wait_until_up(self, address: str) -> None:
        limit = time.monotonic() + 300  # a machine that is busy with other tests
        while time.monotonic() < limit:
            try:
                if httpx.get(address, timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise Failed(f"{address} does not come up")

    # -- faults --

    def restart_postgres(self) -> None:
        cluster.stop(self.home / "postgres")
        time.sleep(self.dice.uniform(0.2, self.size.away_s))
        cluster.ensure(self.home / "postgres")

    def _kill_and_start(self, name: str) -> None:
        self.kill(name)
        time.sleep(self.dice.uniform(0.1, self.size.away_s))
        self.start(name)

    def kill_worker(self) -> None:
        self._kill_and_start(self.dice.choice(["worker1", "worker2"]))

    def kill_app(self) -> None:
        name = self.dice.choice(["app1", "app2"])
        self._kill_and_start(name)
        self.wait_until_up(f"http://127.0.0.1:{self.ports[name]}/healthz")

    def restart_app_gracefully(self) -> None:
        name = self.dice.choice(["app1", "app2"])
        self.kill(name, signal.SIGTERM)
        self.start(name)
        self.wait_until_up(f"http://127.0.0.1:{self.ports[name]}/healthz")

    def _until_told(self, what: str) -> None:
        """A fault that nobody met proves nothing."""
        before, limit = self.journal.told[what], time.monotonic() + RECOVERY_S
        time.sleep(self.size.away_s)
        while self.journal.told[what] == before:
            if time.monotonic() > limit:
                raise Failed(f"nobody was told '{what}': {dict(self.journal.told)}")
            time.sleep(0.05)

    def fill_disk(self) -> None:
        (self.switches / "disk-full").touch()
        self._until_told("507 disk-full")
        (self.switches / "disk-full").unlink()

    def close_store(self) -> None:
        self.gate.open = False
        self._until_told("503 evidence-store-away")
        self.gate.open = True

    def jump_clock(self) -> None:
        name, by = self.dice.choice(["app1", "app2", "worker1", "worker2"]), self.dice.choice([-3700, -90, 90, 1300])
        (self.switches / f"clock-{name}").write_text(str(by))
        time.sleep(self.size.away_s)
        (self.switches / f"clock-{name}").write_text("0")

    def faults(self) -> dict[str, Callable[[], None]]:
        return {
            "PostgreSQL restarted": self.restart_postgres,
            "worker killed": self.kill_worker,
            "server killed": self.kill_app,
            "server stopped and started": self.restart_app_gracefully,
            "disk full": self.fill_disk,
            "object store away": self.close_store,
            "clock jumped": self.jump_clock,
        }

    def spoil(self, clients: list[Client]) -> None:
        """One fault after the other, in an order that is drawn anew each round, until the load ends. All of them at least once."""
        end, todo = time.monotonic() + self.size.seconds, list(self.faults())
        self.dice.shuffle(todo)
        while time.monotonic() < end or len(self.done) < len(self.faults()):
            if not todo:
                todo = list(self.faults())
                self.dice.shuffle(todo)
            name = todo.pop()
            self.faults()[name]()
            self.done[name] += 1
            self._require_recovery(name, clients)
            time.sleep(self.size.pause_s)

    def _require_recovery(self, name: str, clients: list[Client]) -> None:
        before, limit = sum(self.journal.written.values()), time.monotonic() + RECOVERY_S
        while sum(self.journal.written.values()) == before:
            self.require_no_failure(clients)
            if time.monotonic() > limit:
                raise Failed(f"{RECOVERY_S:.0f} s after '{name}' nothing had been acknowledged: {dict(self.journal.told)}")
            time.sleep(0.05)

    @staticmethod
    def require_no_failure(clients: list[Client]) -> None:
        for client in clients:
            if client.failure is not None:
                raise Failed(f"{client.name}: {client.failure}") from client.failure

    # -- the whole --

    def run(self) -> str:
        """Returns what was done, in a line. Raises ``Failed``."""
        began = time.monotonic()
        try:
            self.start("store")
            self.python("tests.journeys.faults.office", str(self.size.visits))
            self.wait_until_up(f"http://127.0.0.1:{self.store_port}/moto-api/")
            httpx.put(f"http://127.0.0.1:{self.store_port}/{BUCKET}", timeout=10, trust_env=False).raise_for_status()
            for name in ("app1", "app2", "worker1", "worker2"):
                self.start(name)
            for port in self.ports.values():
                self.wait_until_up(f"http://127.0.0.1:{port}/readyz")
            prepared = time.monotonic() - began
            self.load()
            loaded = time.monotonic() - began - prepared
            self.settle()
        except Exception:
            for name in ("app1", "app2", "worker1", "worker2"):
                log = self.home / f"{name}.log"
                if log.exists():
                    text = log.read_text()
                    failed = "\n".join(line for line in text.splitlines() if '"request.failed"' in line)
                    print(f"-- {name} --\n{failed[-6000:]}\n{text[-1500:]}", file=sys.stderr)
            raise
        finally:
            self.stop.set()
            for name in list(self.processes):
                self.kill(name)
            cluster.stop(self.home / "postgres")
            self.front.stop()
            self.gate.stop()
        faults = ", ".join(f"{n} {name}" for name, n in sorted(self.done.items()))
        kept = ", ".join(f"{n} {name}" for name, n in sorted(self.journal.written.items()))
        told = ", ".join(f"{n} {name}" for name, n in sorted(self.journal.told.items()))
        return (
            f"acknowledged and found again: {kept}. Faults: {faults}. Told meanwhile: {told or 'nothing'}."
            f" Longest time without an acknowledgement {self.journal.longest:.1f} s. Prepared in {prepared:.0f} s, load {loaded:.0f} s,"
            f" {time.monotonic() - began:.0f} s in all, seed {self.seed}"
        )

    def load(self) -> None:
        url = f"http://localhost:{self.front.port}"
        common = (url, self.journal)
        pace = 1.6 * self.size.seconds / self.size.visits  # of two officers, so that visits last for most of the load
        scout = Officer(*common, OFFICERS[0], self.stop, self.seed, share=0)
        scout.enter()
        visits = [v["id"] for v in scout.ask("GET", "/field/api/bundle").json()["inspections"]]
        scout.http.close()
        clients: list[Client] = [
            *(Officer(*common, username, self.stop, self.seed, share=n, pace=pace) for n, username in enumerate(OFFICERS)),
            Office(*common, "torture-manager", self.stop, self.seed, visits=visits),
            Office(*common, "torture-reviewer", self.stop, self.seed, visits=visits),
            Complainant(*common, "", self.stop, self.seed),
            Citizen(*common, "", self.stop, self.seed),
        ]
        for client in clients:
            client.rest_s = self.size.rest_s
            client.start()
        try:
            self.spoil(clients)
        finally:
            self.stop.set()
            for client in clients:
                client.limit = time.monotonic() + SETTLE_S
            for client in clients:
                client.join(timeout=SETTLE_S + 5)
        self.require_no_failure(clients)
        if missing := [kind for kind in ("received", "evidence", "submission", "comment", "complaint") if not self.journal.written[kind]]:
            raise Failed(f"nothing was acknowledged of: {', '.join(missing)}")

    def settle(self) -> None:
        """What was asked for is done: then everything must be there."""
        limit, said = time.monotonic() + SETTLE_S, ""
        while True:
            done = subprocess.run(
                [sys.executable, "-m", "tests.journeys.faults.reckoning", str(self.journal.path)],
                cwd=REPO, env=self.environment(), capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return
            said = done.stdout + done.stderr[-3000:]
            if "still waiting" not in said or time.monotonic() > limit:
                raise Failed(said)
            time.sleep(1)


def run(seed: int, size: Size) -> str:
    """A whole run in a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="sunlot-faults-"))
    home.chmod(0o755)
    try:
        return Faults(home, seed, size).run()
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.SystemRandom().randrange(1, 10**6)))
    given.add_argument("--small", action="store_true")
    given.add_argument("--seconds", type=int, default=int(os.environ.get("SECONDS_OF_LOAD") or FULL.seconds))
    args = given.parse_args()
    print(f"seed {args.seed}: repeat with make faults SEED={args.seed}", flush=True)
    size = SMALL if args.small else replace(FULL, seconds=args.seconds)
    try:
        print(run(args.seed, size))
    except Failed as e:
        print(f"FAILED with seed {args.seed}:\n{e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
