"""Runs deploying/compose.yaml in network namespaces: `python -m tests.deploying.network`.

Each service has a namespace, with an address of its own, on one bridge; two namespaces are workers'
hosts. Its commands, environment and nginx.conf are those of the file; the programs are this
machine's. It needs root, and Debian's packages `nginx-light`, `postgresql` and `chromium`. One
worker's host is cut off for a minute while runs train, and visitors come by the one address.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import torch
import yaml
from playwright.sync_api import Browser, expect

from scratchmlp.bench import browser as chromium
from scratchmlp.bench.server import link_cache
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.execution import execute
from scratchmlp.runs.store import Store

ROOT = Path(__file__).parents[2]
FIRST = "10.77.0.1"
ADDRESSES = {"database": FIRST, "scheduler": FIRST, "proxy": "10.77.0.2"}
ADDRESSES |= {"app-1": "10.77.0.3", "app-2": "10.77.0.4"}
ADDRESSES |= {"worker-1": "10.77.0.11", "worker-2": "10.77.0.12"}
SETTINGS = {"HOST": FIRST, "PASSWORD": "secret", "COOKIE_SECRET": "0" * 64, "WORKERS": "1"}
CUT_SECONDS = 60
RUNS, EPOCHS, VISITORS = 3, 80, 6


def filled(text: str, settings: dict[str, str]) -> str:
    """A text of the file with its variables, as compose fills them in."""
    pattern = r"\$\{(\w+)(?::-(.*?)|:\?.*?)?\}"
    return re.sub(pattern, lambda found: settings.get(found[1], found[2] or ""), text)


class Network:
    """Namespaces on a bridge, and the services in them."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self.services = yaml.safe_load((ROOT / "deploying" / "compose.yaml").read_text())[
            "services"
        ]
        self.processes: dict[str, subprocess.Popen] = {}

    def build(self) -> None:
        run("ip link add lab-bridge type bridge")
        run("ip addr add 10.77.0.254/24 dev lab-bridge")
        run("ip link set lab-bridge up")
        hosts = "".join(f"{address} {name}\n" for name, address in ADDRESSES.items())
        for name, address in ADDRESSES.items():
            space = self.space(name)
            if space in run("ip netns list"):
                continue
            run(f"ip netns add {space}")
            run(f"ip link add {space} type veth peer name inside netns {space}")
            run(f"ip link set {space} master lab-bridge up")
            run(f"ip -n {space} addr add {address}/24 dev inside")
            run(f"ip -n {space} link set inside up")
            run(f"ip -n {space} link set lo up")
            (Path("/etc/netns") / space).mkdir(parents=True, exist_ok=True)
            (Path("/etc/netns") / space / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}")

    def remove(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for name in ADDRESSES:
            subprocess.run(["ip", "netns", "del", self.space(name)], stderr=subprocess.DEVNULL)
            shutil.rmtree(Path("/etc/netns") / self.space(name), ignore_errors=True)
        subprocess.run(["ip", "link", "del", "lab-bridge"], stderr=subprocess.DEVNULL)

    @staticmethod
    def space(name: str) -> str:
        """The namespace of a service: the database and the scheduler are on the first host."""
        return "lab-" + ("first" if ADDRESSES[name] == FIRST else name)

    def start(self, name: str, command: str = "", **variables: str) -> None:
        """Start a service as the file says; `worker-1` is `worker` on a host of its own."""
        service = self.services[re.sub(r"^worker.*", "worker", name)]
        home = self.folder / name
        if not home.exists():
            link_cache(Path(os.environ["SCRATCHMLP_HOME"]) / "cache", home)
        image = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_SERVER_HEADLESS": "true"}
        image |= {"PYTHONPATH": str(ROOT)}
        own = service.get("environment", {}) | image | {"SCRATCHMLP_HOME": str(home)} | variables
        own = {key: filled(value, self.settings) for key, value in own.items()}
        command = command or filled(service.get("command", "streamlit run app.py"), self.settings)
        self.processes[name] = subprocess.Popen(
            ["ip", "netns", "exec", self.space(name), "sh", "-c", f"exec {command}"],
            env=os.environ | own | {"no_proxy": "*"},
            cwd=ROOT,
            stdout=(self.folder / f"{name}.log").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def start_database(self) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        data = self.folder / "data"
        data.mkdir()
        self.folder.chmod(0o755)
        shutil.chown(data, "postgres")
        as_postgres = "runuser -u postgres --"
        run(f"{as_postgres} {programs}/initdb -D {data} -U scratchmlp --auth=trust")
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/24 trust\n")
        self.start("database", f"{as_postgres} {programs}/postgres -D {data} -h '*' -k {data}")
        exec_ = f"ip netns exec {self.space('database')}"
        while subprocess.run(f"{exec_} pg_isready -q -h {FIRST}".split()).returncode:
            time.sleep(0.2)
        run(f"{exec_} psql -q -h {FIRST} -U scratchmlp postgres -c", "CREATE DATABASE scratchmlp")

    def start_proxy(self) -> None:
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        own = f"daemon off; pid {self.folder}/nginx.pid; error_log stderr;"
        self.start("proxy", f"{nginx} -c {ROOT}/deploying/nginx.conf -g '{own}'")

    def set_link(self, name: str, state: str) -> None:
        run(f"ip link set {self.space(name)} {state}")


def run(command: str, *more: str) -> str:
    done = subprocess.run([*command.split(), *more], check=True, capture_output=True, text=True)
    return done.stdout


def wait_for(url: str, seconds: float = 120) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), opener.open(url, timeout=2) as answer:
            assert answer.status == 200
            return
        assert time.monotonic() < deadline, url
        time.sleep(0.2)


@contextlib.contextmanager
def network(folder: Path, prefix: str = "") -> Iterator[tuple[Network, str]]:
    """All services of the file, and the one address of the app."""
    made = Network(folder, SETTINGS | {"BASE_URL_PATH": prefix})
    try:
        made.build()
        made.start_database()
        made.start("scheduler")
        for name in ("worker-1", "worker-2", "app-1", "app-2"):
            made.start(name)
        made.start_proxy()
        address = f"http://{ADDRESSES['proxy']}{prefix}"
        assert made.processes["proxy"].poll() is None, (folder / "proxy.log").read_text()
        for name in ("app-1", "app-2"):
            wait_for(f"http://{ADDRESSES[name]}:8501{prefix}/_stcore/health")
        wait_for(f"{address}/_stcore/health")
        yield made, address
    finally:
        made.remove()


def cut_off(made: Network, store: Store) -> None:
    """Runs train while one worker's host has no network for a minute."""
    config = {"dataset": "mnist", "epochs": EPOCHS, "hidden": (16,)}
    ids = [store.create(TrainConfig(**config, seed=seed)) for seed in range(RUNS)]
    wait_until(lambda: len({heart.worker for heart in store.work.hearts()}) == 2, "two workers")
    time.sleep(3)
    print("hearts:", sorted(heart.item.id for heart in store.work.hearts()), flush=True)
    made.set_link("worker-2", "down")
    time.sleep(CUT_SECONDS)
    print("after the minute:", [store.run(run_id).status for run_id in ids], flush=True)
    made.set_link("worker-2", "up")
    wait_until(lambda: all(store.run(run_id).ended for run_id in ids), "all runs", 400)
    torch.set_num_threads(1)  # like a worker: the same run gives the same bits in both
    undisturbed = Store(f"sqlite:///{made.folder}/undisturbed.db")
    for run_id in ids:
        run_ = store.run(run_id)
        epochs = [row.epoch for row in store.epochs_since(run_id, 0)]
        steps = store.steps_array(run_id, 0)[:, 0].tolist()
        assert run_.status == "finished", run_
        assert epochs == list(range(1, EPOCHS + 1)), epochs
        assert steps == sorted(set(steps)), "a step stands twice"
        twin = undisturbed.create(run_.config, status="running")
        execute(undisturbed, twin)
        same = [store.steps_array(run_id, 0).tolist(), undisturbed.steps_array(twin, 0).tolist()]
        print(run_id, "equals an undisturbed run:", same[0] == same[1], run_.test_accuracy)
        assert same[0] == same[1]
    undisturbed.close()


def wait_until(condition, what: str, seconds: float = 120) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def visit(made: Network, address: str, browser: Browser) -> None:
    """Visitors come by the one address, and each stays with one server."""
    contexts = [browser.new_context() for _ in range(VISITORS)]
    for context in contexts:
        page = context.new_page()
        page.goto(address)
        for name in ("Evaluate", "Draw", "Runs"):
            expect(page.locator("h1")).to_be_visible(timeout=120_000)
            page.get_by_role("link", name=name, exact=True).first.click()
            expect(page).to_have_url(re.compile(f"{address}/{name.lower()}"), timeout=60_000)
        page.reload()
        expect(page.locator("h1")).to_be_visible(timeout=120_000)
        assert not page.locator("[data-testid=stException]").count()
    cookies = {f"{cookie['name']} {cookie['path']}" for cookie in contexts[0].cookies()}
    print("cookies and their paths:", sorted(cookies))
    for name in ("app-1", "app-2"):
        print(name, "has connections:", connections(made, name), flush=True)
    for context in contexts:
        context.close()


def connections(made: Network, name: str) -> int:
    """The connections that an app server has: with pages at rest, one for each visitor."""
    command = f"ip netns exec {made.space(name)} ss -Htn state established sport = :8501"
    return run(command).count("\n")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    prefix = sys.argv[1] if len(sys.argv) > 1 else ""
    with tempfile.TemporaryDirectory() as name, network(Path(name), prefix) as (made, address):
        program = chromium.chromium()
        assert program, "Chromium is not installed"
        try:
            with chromium.browser(program) as browser:
                visit(made, address, browser)
            store = Store(f"postgresql+psycopg://scratchmlp:secret@{FIRST}/scratchmlp")
            cut_off(made, store)
            store.close()
        finally:
            for log in Path(name).glob("*.log"):
                print(f"--- {log.name}\n{log.read_text()[-1500:]}")


if __name__ == "__main__":
    main()
