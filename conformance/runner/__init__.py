"""One run from the target file to the exit code: `conformance.runner.run`, with the options of `.options`."""
