"""The command line: `opentv-conformance`."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code; Ctrl-C is quiet from the first moment on."""
    try:
        from conformance.cli.main import main as run

        run()
    except KeyboardInterrupt:
        import os

        os.write(2, b"opentv-conformance: interrupted\n")
        # CPython remembers an interrupt within exec(), which dataclasses use, and would end by the signal after all.
        os._exit(3)
