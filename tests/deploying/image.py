"""Runs the steps of the Dockerfile where no container engine is: `python -m tests.deploying.image`.

It needs root, Debian's package `debootstrap`, and an overlay file system. `python:3.11-slim` is
Debian 12 here, with its own Python 3.11. Each instruction makes a layer as in an image, in
a mount namespace of its own. At the end the image starts, and its own health check asks it.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
MIRROR = "http://deb.debian.org/debian"
SLIM = "usr/share/doc usr/share/man usr/share/locale usr/share/info var/cache/apt var/lib/apt/lists"


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, each as its name and its value on one line."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, value.strip()) for name, _, value in map(_parted, joined.splitlines())]


def _parted(line: str) -> tuple[str, str, str]:
    return line.strip().partition(" ")


@dataclass
class Stage:
    """What the instructions since a FROM have made."""

    layers: list[Path]
    env: dict[str, str] = field(
        default_factory=lambda: {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        }
    )
    workdir: str = "/"
    user: str = "root"
    health: str = ""
    command: str = ""


class Build:
    """Takes one instruction after the other; `folder` holds the layers."""

    def __init__(self, folder: Path, arguments: dict[str, str], bound: list[str]) -> None:
        self.folder, self.arguments, self.bound = folder, arguments, bound
        self.stages: dict[str, Stage] = {}
        self.stage = Stage([])

    def take(self, name: str, value: str) -> None:
        started = time.monotonic()
        before = len(self.stage.layers)
        getattr(self, f"_{name.lower()}")(value)
        layer = self.stage.layers[-1] if len(self.stage.layers) > before else None
        size = f"{megabytes([layer]):7.1f} MB" if layer else " " * 10
        print(f"{size} {time.monotonic() - started:5.0f} s  {name} {value[:90]}", flush=True)

    def _from(self, value: str) -> None:
        base = self.folder / "base"
        if not base.exists():
            make_base(base)
        self.stage = Stage([base])
        self.stages[value.partition(" AS ")[2] or "image"] = self.stage

    def _arg(self, value: str) -> None:
        name, _, default = value.partition("=")
        self.stage.env[name] = self.arguments.get(name, default.strip('"'))

    def _env(self, value: str) -> None:
        for item in shlex.split(value):
            name, _, text = item.partition("=")
            self.stage.env[name] = text.replace("$PATH", self.stage.env["PATH"])

    def _workdir(self, value: str) -> None:
        self.stage.workdir = value
        self._in_layer(f"mkdir -p {{root}}{value}")

    def _copy(self, value: str) -> None:
        source, target = value.removeprefix("--from=packages ").split()
        target = str(Path(self.stage.workdir) / target)
        if source != value.split()[0]:
            stage = self.stages["packages"]
            lower = ":".join(map(str, reversed(stage.layers)))
            seen = self.folder / "seen"
            seen.mkdir(exist_ok=True)
            self._in_layer(
                f"mount -t overlay overlay -o lowerdir={lower} {seen} "
                f"&& cp -a {seen}{source} {{root}}{target}"
            )
            return
        if (ROOT / source).is_file():
            self._in_layer(f"cp {ROOT / source} {{root}}{target}")
            return
        sent = self.folder / "sent"
        shutil.rmtree(sent, ignore_errors=True)
        shutil.copytree(ROOT / source, sent, ignore=ignored)
        self._in_layer(f"cp -r {sent} {{root}}{target}")

    def _run(self, value: str) -> None:
        self._in_layer(self.inside(value))

    def _user(self, value: str) -> None:
        self.stage.user = value

    def _volume(self, value: str) -> None:
        """A volume takes what the image has there: here it stays in the last layer."""

    _expose = _volume

    def _healthcheck(self, value: str) -> None:
        self.stage.health = value.partition("CMD ")[2]

    def _cmd(self, value: str) -> None:
        self.stage.command = " ".join(part.strip(' "') for part in value.strip("[]").split(","))

    def inside(self, command: str, user: str | None = None) -> str:
        """The command line that runs a command in the root, as its user, with its environment."""
        env = " ".join(f"{name}={shlex.quote(text)}" for name, text in self.stage.env.items())
        script = shlex.quote(f"cd {self.stage.workdir} && {command}")
        return f"chroot --userspec={user or self.stage.user} {{root}} env -i {env} sh -c {script}"

    def _in_layer(self, script: str, *unshared: str) -> None:
        """Run a script with the layers so far mounted at `{root}`; what it writes is a layer."""
        number = sum(len(stage.layers) - 1 for stage in self.stages.values())
        layer, work, root = (self.folder / f"{kind}-{number}" for kind in ("layer", "work", "root"))
        for path in (layer, work, root):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        lower = ":".join(map(str, reversed(self.stage.layers)))
        mounts = (
            f"mount -t overlay overlay -o lowerdir={lower},upperdir={layer},workdir={work} {root}"
        )
        binds = [f"mount --bind {path} {root}{path}" for path in self._bindable(root)]
        lines = ["set -e", mounts, *binds, f"mount -t proc proc {root}/proc"]
        lines += [f"mount --rbind /dev {root}/dev", script.replace("{root}", str(root))]
        subprocess.run(["unshare", "--mount", *unshared, "sh", "-c", "\n".join(lines)], check=True)
        self.stage.layers.append(layer)

    def _bindable(self, root: Path) -> list[str]:
        """What the steps need of this machine to reach the network; the base has places for it."""
        for path in self.bound:
            place = self.folder / "base" / path.lstrip("/")
            if Path(path).is_dir():
                place.mkdir(parents=True, exist_ok=True)
            elif not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
        return self.bound

    def start(self) -> None:
        """Start the image without a network; its health check must say yes, and it must train."""
        train = self.inside("python -m scratchmlp train --dataset digits --epochs 1 --json")
        self._in_layer(
            f"""ip link set lo up
            ({self.inside(self.stage.command)}) > {self.folder}/server.log 2>&1 &
            for second in $(seq 60); do
                sleep 1
                if {self.inside(self.stage.health)} 2> {self.folder}/health.log; then break; fi
            done
            {self.inside(self.stage.health)}
            echo "healthy after $second s"
            {self.inside("id && ls -ld /data")}
            {train} | tail -1""",
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
        )


def ignored(folder: str, names: list[str]) -> set[str]:
    """What .dockerignore keeps out of the image."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    inside = Path(folder).relative_to(ROOT)
    return {
        name
        for name in names
        for pattern in patterns
        if fnmatch(str(inside / name), pattern) or fnmatch(name, pattern.removeprefix("**/"))
    }


def make_base(base: Path) -> None:
    """Debian 12 with Python 3.11, without what the slim images leave out."""
    packages = "--include=ca-certificates,python3,python3-pip,python3-venv"
    command = ["debootstrap", "--variant=minbase", packages, "bookworm", str(base), MIRROR]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for path in SLIM.split():
        shutil.rmtree(base / path, ignore_errors=True)
    (base / "usr/bin/python").symlink_to("python3")


def megabytes(layers: list[Path]) -> float:
    """The size of files, each counted once, in millions of bytes."""
    files = {
        (stat.st_dev, stat.st_ino): stat.st_size
        for layer in layers
        for folder, _, names in os.walk(layer)
        for name in names
        if (stat := os.lstat(os.path.join(folder, name)))  # noqa: PTH118
    }
    return sum(files.values()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where layers are kept, outside the project")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--bind", action="append", default=[], help="a path that pip needs to see")
    options = parser.parse_args()
    arguments = dict(item.split("=", 1) for item in options.build_arg)
    build = Build(options.folder.resolve(), arguments, ["/etc/resolv.conf", *options.bind])
    for name, value in instructions((ROOT / "Dockerfile").read_text()):
        build.take(name, value)
    base, *layers = build.stage.layers
    print(f"{megabytes([base]):.0f} MB base + {megabytes(layers):.0f} MB of this Dockerfile")
    build.start()


if __name__ == "__main__":
    main()
