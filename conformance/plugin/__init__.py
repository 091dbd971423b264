"""The pytest plugin, in two parts.

`entry` is loaded by every pytest where the suite is installed: its options, and the reference platform as a fixture for
client developers. `hooks` is the rest, loaded only where the checks are collected: it gives them their `check` fixture,
decides which run, and writes what becomes of each.
"""

from conformance.plugin.entry import *  # noqa: F403 - pytest looks for its hooks here
