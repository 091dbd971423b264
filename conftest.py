"""`pytest` in the tree runs the checks against the embedded platform, beside the suite's own tests."""

pytest_plugins = ["conformance.plugin"]
