"""The command group, and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import sys

import click

from conformance import __version__
from conformance.errors import ConformanceError
from conformance.terminal import guard, say

_COMMANDS = {
    "run": "conformance.cli.run",
    "init": "conformance.cli.init",
    "plan": "conformance.cli.plan",
    "replay": "conformance.cli.replay",
    "judge": "conformance.cli.judge",
    "record": "conformance.cli.record",
    "rejudge": "conformance.cli.rejudge",
    "merge": "conformance.cli.merge",
    "load": "conformance.cli.load",
    "preflight": "conformance.cli.preflight",
    "serve": "conformance.cli.serve",
    "selftest": "conformance.cli.selftest",
    "report": "conformance.cli.report",
    "diff": "conformance.cli.diff",
    "matrix": "conformance.cli.matrix",
    "bundle": "conformance.cli.bundle",
    "verify": "conformance.cli.verify",
    "accept": "conformance.cli.accept",
    "requirements": "conformance.cli.requirements",
    "schema": "conformance.cli.schema",
}


class _Lazy(click.Group):
    """Imports a command when it is asked for, so that `--help` is quick; suggests near names."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which a user meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        import importlib

        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(_COMMANDS[cmd_name]).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their whole summaries: click cuts them at 45 characters."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, found.get_short_help_str(limit=500)) for name, found in commands if found is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one may have been meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=1) if args else []
            if not near:
                raise
            raise click.UsageError(f"{problem.message} Did you mean {near[0]!r}?", ctx) from None


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 conformant or partial, 1 nonconformant, 2 usage or target file wrong, 3 target unreachable "
    "or the suite failed, 4 incomplete, 5 nothing was verified.",
)
@click.version_option(__version__, prog_name="opentv-conformance")
def cli() -> None:
    """Test an OpenTV Platform deployment against its documents: HDM, ADM, IAS, SDP, MDS."""


def main() -> None:
    """Run the command line and exit with its code; a foreseeable mistake is one message on standard error."""
    guard()
    try:
        code = cli.main(standalone_mode=False)
    except ConformanceError as problem:
        say(f"opentv-conformance: {problem}", err=problem.exit_code != 0)
        sys.exit(problem.exit_code)
    except click.exceptions.Exit as problem:
        sys.exit(problem.exit_code)
    except click.ClickException as problem:
        context = f"{problem.ctx.get_usage()}\n" if isinstance(problem, click.UsageError) and problem.ctx else ""
        say(f"{context}Error: {problem.format_message()}", err=True)
        sys.exit(2)
    except click.Abort:
        raise KeyboardInterrupt from None
    except Exception as problem:  # noqa: BLE001 - the last net: a defect of the suite is one message, too
        import traceback
        from pathlib import Path

        frame = traceback.extract_tb(problem.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        say(
            f"opentv-conformance: the suite failed: {type(problem).__name__} at {where}\n"
            "This is a defect of the suite; please report it with the command that you ran.",
            err=True,
        )
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)
