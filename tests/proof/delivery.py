"""A delivery to be proved: a small run against a platform behind TLS, its bundle, and what somebody may do to both."""

from __future__ import annotations

import io
import json
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from rich.console import Console

from conformance.proof.archive import ATTESTATION, MANIFEST, REPORTS, STREAM, pack, sha256_of, unpack
from conformance.proof.bundle import FORMAT, bundle
from conformance.proof.keys import canonical, signed, signer_of_file
from conformance.proof.statement import statement_of
from conformance.reference.server import RunningPlatform, default_settings
from conformance.register import load_register
from conformance.report import results_of
from conformance.runner.options import RunOptions
from conformance.runner.run import run
from conformance.selftest.checking import checks_here
from conformance.selftest.trial import results_in
from conformance.stream import read_run
from conformance.stream.chain import Chain
from tests.client.test_reach import certificate

CHALLENGE = "0f6b7d1c-4711-operator"
REGISTER = load_register()


class TlsInFront:
    """Takes TLS connections, and passes their bytes on to a port of this machine."""

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        self._context, self._behind = context, port
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with plain, socket.create_connection(("127.0.0.1", self._behind)) as inner, suppress(OSError):
            for one in (plain, inner):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(plain, server_side=True) as outer:
                back = threading.Thread(target=self._pump, args=(inner, outer), daemon=True)
                back.start()
                self._pump(outer, inner)
                back.join(5)

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A new Ed25519 key and its public half, as `openssl genpkey` and `openssl pkey -pubout` write them."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@dataclass(frozen=True)
class Delivery:
    """A run that was bundled and signed, with the keys of its vendor, and those of somebody else."""

    folder: Path
    archive: Path
    vendor: tuple[Path, Path]
    stranger: tuple[Path, Path]

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in (self.run / STREAM).read_text().splitlines()]

    def forged(self, folder: Path, lines: list[dict], *, chained: bool = True) -> Path:
        """A bundle of another stream, which the vendor himself signed; its digests are made again."""
        stream = folder / STREAM
        chain = Chain(stream)
        with stream.open("wb") as file:
            for line in lines:
                if line["event"] == "digest" and chained:
                    file.flush()
                    now = chain.digest()
                    line = {**line, "bytes": now.bytes, "lines": now.lines, "sha256": now.sha256}
                file.write(json.dumps(line).encode() + b"\n")
        return self.packed(folder, {STREAM: stream})

    def packed(self, folder: Path, files: dict[str, Path], *, statement: dict | None = None) -> Path:
        """A bundle with other files, which the vendor himself signed."""
        unpacked = folder / "unpacked"
        unpacked.mkdir()
        held = unpack(self.archive, unpacked)
        held.update(files)
        listed = [
            {"name": name, "sha256": sha256_of(held[name]), "size": held[name].stat().st_size}
            for name in sorted((STREAM, *REPORTS))
        ]
        held[MANIFEST].write_bytes(canonical({"format": FORMAT, "files": listed}))
        digests = {name: sha256_of(path) for name, path in held.items() if name != ATTESTATION}
        if statement is None:
            (folder / "other").mkdir()
            (folder / "other" / STREAM).write_bytes(held[STREAM].read_bytes())
            statement = statement_of(results_of(read_run(folder / "other"), REGISTER), digests)
        held[ATTESTATION].write_bytes(signed(canonical(statement), [signer_of_file(self.vendor[0])]))
        pack(folder / "forged.tar", held)
        return folder / "forged.tar"


def behind_tls(platform: RunningPlatform, folder: Path) -> tuple[dict, TlsInFront]:
    """The target file of a platform that is reached over TLS alone, and what is in front of it."""
    cert, context = certificate(folder)
    front = TlsInFront(context, int(platform.url.rpartition(":")[2]))
    text = yaml.safe_dump(platform.target_document()).replace(platform.url, f"https://127.0.0.1:{front.port}")
    return {**yaml.safe_load(text), "name": "acme-staging", "http": {"timeout": 5, "verify": str(cert)}}, front


def delivery(folder: Path) -> Delivery:
    """Run the checks of two sections against a platform with a fault that one of them finds, and bundle the run."""
    with RunningPlatform(default_settings(faults=("expiry-in-seconds",))) as platform:
        document, front = behind_tls(platform, folder)
        target = folder / "target.yaml"
        target.write_text(yaml.safe_dump(document))
        options = RunOptions(target=target, out=folder / "run", fuzz=False, only=("STB", "SGN-0"), challenge=CHALLENGE)
        run(options, Console(file=io.StringIO()), reports=results_in, checks=checks_here)
        front.close()
    vendor, stranger = key_pair(folder, "vendor"), key_pair(folder, "stranger")
    made = bundle(folder / "run", REGISTER, [signer_of_file(vendor[0])], folder / "delivery.tar")
    return Delivery(folder, made.path, vendor, stranger)


def tool(*command: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program of this machine."""
    return subprocess.run([str(one) for one in command], input=given, capture_output=True, check=False, timeout=30)
