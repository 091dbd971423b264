"""`pytest` in the tree runs the checks against the embedded platform, beside the suite's own tests."""

import hypothesis

pytest_plugins = ["conformance.plugin"]

# No test is to fail because the machine is slow.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")
