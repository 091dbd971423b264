"""The pytest plugin: gives checks their `check` fixture, decides which run, and writes what becomes of each."""

from conformance.plugin.hooks import *  # noqa: F403 - pytest looks for its hooks here
