"""Members of a crowd and their sender, in this process: the reference platform answers, and Locust is not there."""

from __future__ import annotations

import contextlib
import json
import random

import pytest
import yaml

from conformance.load.crowd import Crowd
from conformance.load.journeys import Journey
from conformance.load.rehearsal import peopled, rehearse
from conformance.load.sample import Sample
from conformance.load.sender import LoadSender, Shared
from conformance.load.tallies import Tallies
from conformance.opening import RunSettings, open_session
from conformance.reference.crowd import pool
from conformance.reference.server import RunningPlatform, default_settings
from conformance.stream import RunFolder
from conformance.target import load_target
from conformance.target.pool import households


class Load:
    """A crowd under one roof: four subjects of the target file, and four households (4 to 7) of its pool."""

    def __init__(self, shared, folder):
        self.shared = shared
        self.folder = folder
        self.members = {member.number: member for member in shared.crowd.members}

    def journey(self, number):
        member = self.members[number]
        sender = LoadSender(self.shared, member)
        return Journey(sender, member, self.shared.crowd, sender.say, random.Random(number))

    def sender(self, number):
        return self.journey(number).sender

    def written(self):
        return list(RunFolder(self.folder).events())


@pytest.fixture
def load_of(tmp_path):
    """Return what loads a platform with a fault, or a scripted server at a URL."""
    with contextlib.ExitStack() as stack:

        def made(fault="", *, url="", households_of=4):
            settings = default_settings(households=households_of, faults=(fault,) if fault else ())
            platform = stack.enter_context(RunningPlatform(settings))
            document = json.loads(json.dumps(platform.target_document()))
            (tmp_path / "pool.csv").write_text(pool(households_of), encoding="utf-8")
            document["subjects_pool"] = {"file": "pool.csv"}
            if url:
                document["services"] = {name: {"url": url} for name in document["services"]}
                document["features"].pop("ssp")
            path = tmp_path / "target.yaml"
            path.write_text(yaml.safe_dump(document), encoding="utf-8")
            target = load_target(path)
            everybody = households(target)
            run = RunSettings(str(path), str(tmp_path / "run.jsonl"))
            session = stack.enter_context(open_session(run, target, prefix="L", writer=Sample))
            session.target = peopled(session.target, everybody, everybody[4:5])
            rehearse(session, everybody[4:5], 0)
            session.stream.forget()
            shared = Shared(
                session,
                session.stream,
                Crowd(everybody),
                Tallies(1),
                lambda *_: None,
                lambda function, *args: function(*args),
            )
            return Load(shared, tmp_path)

        yield made
