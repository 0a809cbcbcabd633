"""What injects faults below the product: small disks, a shifted clock, a memory limit, failing system calls."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.system.faults.matrix import NotRun
from tests.system.faults.world import World
from tests.system.running import Service

PAGE_BYTES = 4096
ATTACH_SECONDS = 10.0


def need_root(what: str) -> None:
    if os.geteuid() != 0:
        raise NotRun(f"only root may {what}")


def small_disk(world: World, name: str, *, mebibytes: int = 24) -> Path:
    """Mount a file system of that size below the world's folder."""
    need_root("mount a file system")
    place = world.folder / name
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        raise NotRun(f"tmpfs cannot be mounted: {mounted.stderr.decode().strip()}")
    world.stack.callback(subprocess.run, ["umount", "--lazy", place], check=True)
    return place


def fill(disk: Path) -> Path:
    """Fill it to the last page and return the file that does."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * PAGE_BYTES):
                pass
        except OSError:
            pass
    assert shutil.disk_usage(disk).free < PAGE_BYTES, "the disk is not full: this fault would prove nothing"
    return ballast


def make_read_only(disk: Path, *, read_only: bool = True) -> None:
    """A mode of a directory does not stop root; a mount does."""
    mode = "ro" if read_only else "rw"
    subprocess.run(["mount", "-o", f"remount,{mode}", disk], check=True)


class Clock:
    """What one service takes for the time of day; its monotonic clock is left alone, as a real jump leaves it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "clock"
        self.shift(0)
        self.settings = {
            "LD_PRELOAD": str(_faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    def shift(self, seconds: int) -> None:
        """Set how far it is ahead."""
        self._path.write_text(f"{seconds:+d}s\n")


def _faketime() -> Path:
    found = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    if not found:
        raise NotRun("libfaketime is not installed (apt-get install faketime)")
    return found[0]


class Strace:
    """Makes system calls of a running process fail: `inject` is strace's own expression; `path` limits it to a file."""

    def __init__(self, service: Service, *, calls: str, inject: str, path: Path | None = None) -> None:
        if shutil.which("strace") is None:
            raise NotRun("strace is not installed")
        assert service.process is not None
        self.log = service.data_dir.with_name("strace.log")
        command = ["strace", "-f", "-p", str(service.process.pid), "-e", f"trace={calls}", "-e", f"inject={inject}"]
        command += ["-P", str(path)] if path else []
        self._process = subprocess.Popen([*command, "-o", self.log], stderr=subprocess.PIPE)
        self._wait(service.process.pid)

    def _wait(self, pid: int) -> None:
        end = time.monotonic() + ATTACH_SECONDS
        while f"TracerPid:\t{self._process.pid}" not in Path(f"/proc/{pid}/status").read_text():
            if self._process.poll() is not None or time.monotonic() > end:
                assert self._process.stderr is not None
                raise NotRun(f"strace cannot attach: {self._process.stderr.read().decode().strip()}")
            time.sleep(0.02)

    async def has_injected(self) -> bool:
        """Tell whether a call has failed, or has hung and come back."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "(INJECTED)" in text or "(DELAYED)" in text

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(ATTACH_SECONDS)


def limit_memory(world: World, service: Service, limit_bytes: int) -> None:
    """Put a running service into a control group that the kernel kills when it wants more."""
    need_root("make a control group")
    group = Path("/sys/fs/cgroup/memory") / f"reelwright-{service.data_dir.parent.name}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(limit_bytes))
        assert service.process is not None
        (group / "cgroup.procs").write_text(str(service.process.pid))
    except OSError as error:
        raise NotRun(f"no control group with a memory limit: {error}") from error
    world.stack.callback(group.rmdir)
