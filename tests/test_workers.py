"""A process of a pool does not outlive the process that began it."""

import os
import subprocess
import sys

ALIVE = "import os, sys; from conformance.workers import end_with; end_with({parent}); sys.stdin.read(); os._exit(0)"


def run(parent):
    process = subprocess.Popen([sys.executable, "-c", ALIVE.format(parent=parent)], stdin=subprocess.PIPE)
    with process:
        if parent == os.getpid():
            process.stdin.close()
        return process.wait(60)


def test_a_process_whose_parent_is_gone_ends_by_itself():
    assert run(parent=-1) == 1


def test_a_process_whose_parent_is_there_goes_on():
    assert run(parent=os.getpid()) == 0
