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
    """The session is opened when the first check asks for it.

    It is that of a run (`settings`), of a target file (`file`), or of the embedded platform.

    Raises:
        TargetFileError: the target file is wrong.
    """

    settings: RunSettings | None = None
    file: Path | None = None
    closing: ExitStack = field(default_factory=ExitStack)
    checks: dict[str, Check] = field(default_factory=dict)
    _session: Session | None = None
    _target: Target | None = None

    def __post_init__(self) -> None:
        if self.file is not None:
            self._target = load_target(self.file)

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
        if self.file is not None and self._target is not None:
            return RunSettings(str(self.file.resolve()), str(self._folder() / "run.jsonl")), self._target
        return self._embedded()

    def _folder(self) -> Path:
        return Path(self.closing.enter_context(tempfile.TemporaryDirectory(prefix="opentv-conformance-")))

    def _embedded(self) -> tuple[RunSettings, Target]:
        from conformance.reference.server import RunningPlatform

        folder = self._folder()
        platform = self.closing.enter_context(RunningPlatform())
        path = folder / "target.yaml"
        path.write_text(yaml.safe_dump(platform.target_document()), encoding="utf-8")
        return RunSettings(str(path), str(folder / "run.jsonl"), embedded=True), load_target(path)
