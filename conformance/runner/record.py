"""Judges live traffic: mitmproxy stands between an app and a target, and spools what goes through it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.capture import Entry, Listener, PassedOver, addon
from conformance.capture.har import entry_on
from conformance.errors import UsageError
from conformance.runner.interrupts import interrupts_end
from conformance.runner.judge import Traffic, judge_traffic, read_target
from conformance.runner.run import RunEnded
from conformance.runner.scratch import scratch
from conformance.target import Target

# Where mitmproxy is not on the PATH, what can run it in an environment of its own.
_RUNNERS = (("uvx", "--from", "mitmproxy", "mitmdump"), ("pipx", "run", "--spec", "mitmproxy", "mitmdump"))
_LOOK_S, _END_S = 0.2, 10.0
_SPOOL, _SAID = "spool.jsonl", "mitmproxy.log"
_ADVICE = (
    "Install it in an environment of its own (python3 -m venv mitm && mitm/bin/pip install mitmproxy; pipx or uvx will "
    "do) and name it: --mitmdump mitm/bin/mitmdump."
)


@dataclass(frozen=True)
class Listening:
    """An address that an app is to use, and the address of the platform that it leads to."""

    here: str
    there: str


def addon_path() -> Path:
    """Return the file that mitmproxy loads."""
    return Path(addon.__file__)


def places(target: Target, port: int) -> tuple[Listening, ...]:
    """Return an address here for each address of a target: the first at `port`, the others behind it."""
    urls = [url for one in target.services.values() for url in (one.url, one.ssp_url) if url]
    origins = dict.fromkeys(f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}" for url in urls)
    return tuple(Listening(f"http://127.0.0.1:{port + place}", one) for place, one in enumerate(origins))


def record(
    target: Path,
    *,
    port: int,
    modes: Sequence[str] = (),
    mitmdump: str = "",
    out: Path | None = None,
    announce: Callable[[tuple[Listening, ...]], None],
    listener: Listener | None = None,
    stop: threading.Event | None = None,
) -> RunEnded:
    """Judge what goes through mitmproxy until Ctrl-C, or until it ends; the run folder is that of `judge`.

    Args:
        target: the target file; its addresses are put behind this machine's.
        port: of the first address here.
        modes: modes of mitmproxy instead of its reverse one (`wireguard`, `local:app`): nothing listens here then.
        mitmdump: the command; without it the one on the PATH, or that uvx or pipx can run.
        out: the folder of the reports.
        announce: hears which addresses there are, once mitmproxy has been started.
        listener: hears of each exchange that was judged.
        stop: ends the recording when it is set; Ctrl-C sets it.

    Raises:
        UsageError: the target file is wrong, or mitmproxy cannot be run.
    """
    command = _command(mitmdump)
    known = read_target(target)
    here = () if modes else places(known, port)
    ended = stop or threading.Event()
    with scratch() as folder, _proxy(command, known, here, modes, folder) as proxy, interrupts_end(ended):
        announce(here)
        spool = _Spool(folder / _SPOOL, proxy, ended)
        return judge_traffic((Traffic("mitmproxy", spool.entries()),), target=known, out=out, listener=listener)


def _command(given: str) -> list[str]:
    if given:
        words = shlex.split(given)
        if shutil.which(words[0]) is None:
            raise UsageError(f"--mitmdump {given!r} is not a command", advice=_ADVICE)
        return words
    if shutil.which("mitmdump"):
        return ["mitmdump"]
    for words in map(list, _RUNNERS):
        if shutil.which(words[0]):
            return words
    raise UsageError("mitmproxy is not installed", advice=_ADVICE)


@contextmanager
def _proxy(
    command: list[str], target: Target, here: Sequence[Listening], modes: Sequence[str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [*command, "--quiet", "--scripts", str(addon_path())]
    for one in here:
        arguments += ["--mode", f"reverse:{one.there}@{urlsplit(one.here).port}"]
    for mode in modes:
        arguments += ["--mode", mode]
    if target.http.verify is False:
        arguments.append("--ssl-insecure")
    elif isinstance(target.http.verify, str):
        arguments += ["--set", f"ssl_verify_upstream_trusted_ca={target.http.verify}"]
    environment = {**os.environ, addon.VARIABLE: str(folder / _SPOOL)}
    with (folder / _SAID).open("wb") as said:
        # A Ctrl-C is meant for the suite, which ends the proxy when it has read all.
        process = subprocess.Popen(  # noqa: S603 - the user's own mitmproxy, without a shell
            arguments, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
        process.kill()
        process.wait()


class _Spool:
    """Reads a spool while it is written."""

    def __init__(self, path: Path, proxy: subprocess.Popen[bytes], ended: threading.Event) -> None:
        self._path, self._proxy, self._ended = path, proxy, ended

    def entries(self) -> Iterator[Entry | PassedOver]:
        """Yield each entry once its line is whole.

        Raises:
            UsageError: the proxy ended before it had recorded anything.
        """
        position = number = 0
        while True:
            over = self._ended.is_set() or self._proxy.poll() is not None
            for line in self._lines(position):
                position += len(line)
                number += 1
                yield entry_on(line, f"exchange {number} of the recording")
            if over:
                break
            self._ended.wait(_LOOK_S)
        if not number and not self._ended.is_set():
            said = (self._path.parent / _SAID).read_text("utf-8", "replace").strip()[:2_000] or "it said nothing"
            raise UsageError(f"mitmproxy ended with {self._proxy.returncode}: {said}", advice=_ADVICE)

    def _lines(self, position: int) -> Iterator[bytes]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(position)
            for line in file:
                if line.endswith(b"\n"):
                    yield line
