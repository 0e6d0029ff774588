"""Child processes end for certain, the stubborn and the strayed too."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from dev.processes import Processes

IGNORES_SIGTERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
LEAVES_A_STRAY = """
import subprocess, sys, time
stray = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         start_new_session=True)
print(stray.pid, flush=True)
"""


def first_line(path: Path) -> str:
    """Return the first line of *path* once it is there."""
    end = time.monotonic() + 10
    while "\n" not in (text := path.read_text() if path.exists() else ""):
        assert time.monotonic() < end
        time.sleep(0.05)
    return text.partition("\n")[0]


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    child = processes.start(
        "stubborn", [sys.executable, "-c", IGNORES_SIGTERM], environment=os.environ
    )
    first_line(processes.log("stubborn"))

    processes.stop(patience=0.3)

    assert child.returncode == -9
    assert processes.wait_until_gone(timeout=0.0) == []


def test_a_descendant_in_a_session_of_its_own_ends_too(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("parent", [sys.executable, "-c", LEAVES_A_STRAY], environment=os.environ)
        stray = int(first_line(processes.log("parent")))
        assert psutil.pid_exists(stray)

        processes.stop(patience=0.3)

    assert not psutil.pid_exists(stray) or psutil.Process(stray).status() == "zombie"


def test_other_processes_are_left_alone(tmp_path: Path) -> None:
    with Processes(tmp_path / "mine") as mine, Processes(tmp_path / "theirs") as theirs:
        theirs.start("sleeper", ["sleep", "60"], environment=os.environ)
        mine.start("sleeper", ["sleep", "60"], environment=os.environ)

        mine.stop()

        assert theirs.dead() is None


def test_a_child_that_ended_by_itself_is_named(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("brief", [sys.executable, "-c", ""], environment=os.environ).wait()

        assert processes.dead() == "brief"


@pytest.mark.parametrize("code", [0, 3])
def test_a_command_run_to_its_end_gives_its_exit_code(tmp_path: Path, code: int) -> None:
    with Processes(tmp_path) as processes:
        command = [sys.executable, "-c", f"raise SystemExit({code})"]

        assert processes.run("command", command, environment=os.environ) == code
        assert processes.dead() is None


def test_one_child_is_ended_and_the_others_go_on(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        one = processes.start("one", ["sleep", "60"], environment=os.environ)
        other = processes.start("other", ["sleep", "60"], environment=os.environ)

        processes.end("one")

        assert one.returncode == -15
        assert other.poll() is None
        assert processes.dead() is None
