"""What the plugin keeps for one pytest process: the session, and where it came from."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from conformance.checks.api import Check
from conformance.opening import RunSettings, open_session
from conformance.register import Register, load_register
from conformance.session import Sender, Session
from conformance.session.baseline import take_controls
from conformance.target import Target, load_target


@dataclass
class PluginState:
    """The session is opened when the first check asks for it; without settings, on the embedded platform."""

    settings: RunSettings | None = None
    closing: ExitStack = field(default_factory=ExitStack)
    checks: dict[str, Check] = field(default_factory=dict)
    _session: Session | None = None

    @property
    def register(self) -> Register:
        """The register."""
        return load_register()

    @property
    def session(self) -> Session:
        """The session of this process."""
        if self._session is None:
            settings, target = self._where()
            self._session = self.closing.enter_context(open_session(settings, target, prefix="E"))
            take_controls(Sender(self._session, "control"))
        return self._session

    def _where(self) -> tuple[RunSettings, Target]:
        if self.settings is not None:
            return self.settings, self.settings.load()
        return self._embedded()

    def _embedded(self) -> tuple[RunSettings, Target]:
        from conformance.reference.server import RunningPlatform

        folder = Path(self.closing.enter_context(tempfile.TemporaryDirectory(prefix="opentv-conformance-")))
        platform = self.closing.enter_context(RunningPlatform())
        path = folder / "target.yaml"
        path.write_text(yaml.safe_dump(platform.target_document()), encoding="utf-8")
        return RunSettings(str(path), str(folder / "run.jsonl"), embedded=True), load_target(path)
