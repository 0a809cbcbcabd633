"""The root command: names every verb, loads the one that is called, and turns errors into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from keyword import iskeyword

import click

from service.cli.problems import CliError, ExitCode, explain, print_problem

INTERRUPTED = 130
PRIVATE_UMASK = 0o077
"""For every verb: no other user can read its files, whatever the shell's umask is."""

VERBS = {
    "demo": "Make a video from a sample storyboard, everything embedded.",
    "serve": "Run the service: take approvals, render, announce, answer HTTP.",
    "approve": "Approve a storyboard: a JSON file, or images in order.",
    "jobs": "List jobs, newest first.",
    "show": "Show a job: facts, attempts with their cost, events.",
    "watch": "Follow a job until it ends.",
    "cancel": "Cancel a job.",
    "retry": "Try a failed job again.",
    "link": "Print a link to a video for people without a token.",
    "costs": "Sum up what jobs cost, from their events.",
    "replay": "Show a job as it was; verify or rebuild from the events.",
    "export": "Write the history, or that of some jobs, as JSON Lines.",
    "import": "Load an exported history into an empty database.",
    "backup": "Copy the SQLite database while it is in use.",
    "restored": "Say that the database was restored, and find what it forgot.",
    "archive": "Copy the histories of jobs that ended long ago.",
    "nats": "Print the URL of the NATS server, with its password.",
    "streams": "Show and change the NATS streams.",
    "migrate": "Make or upgrade the database's tables.",
    "config": "Show every setting, its value and where it is from.",
    "doctor": "Check what Reelwright needs, and say what to do.",
    "asyncapi": "Print what goes over NATS as an AsyncAPI document.",
    "open": "Open the page of the running service.",
    "fake-provider": "Run a provider that speaks Replicate's API and costs nothing.",
}


@dataclass(slots=True)
class Mode:
    """The options that every verb has."""

    debug: bool = False


class Verbs(click.Group):
    """Knows its verbs by name and loads only the one that is called, so that `--help` is quick."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return the verbs, the most used first."""
        return list(VERBS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Load a verb."""
        if name not in VERBS:
            return None
        module = importlib.import_module(f"service.cli.verbs.{module_of(name)}")
        command: click.Command = getattr(module, module_of(name))
        with_debug(command)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs; load none."""
        with formatter.section("Verbs"):
            formatter.write_dl([*VERBS.items()])


def _set_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Mode).debug = True


def module_of(verb: str) -> str:
    """Return the name of a verb's module, and of its command there."""
    return f"{verb.replace('-', '_')}{'_' if iskeyword(verb) else ''}"


def with_debug(command: click.Command) -> None:
    """Accept `--debug` after the verb as well; may be repeated."""
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        with_debug(subcommand)
    if not any(parameter.name == "debug" for parameter in command.params):
        command.params.append(
            click.Option(["--debug"], is_flag=True, expose_value=False, callback=_set_debug, help="Show tracebacks.")
        )


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from the environment: `reelwright config` lists them. A first try: `reelwright demo`.",
)
@click.option("--debug", is_flag=True, expose_value=False, callback=_set_debug, help="Show tracebacks.")
@click.version_option(package_name="reelwright", message="%(prog)s %(version)s", help="Show the version.")
def root() -> None:
    """Reelwright turns an approved storyboard into a finished video."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one call and return its exit code. A traceback is printed with `--debug` only."""
    mode = Mode()
    os.umask(PRIVATE_UMASK)
    try:
        exit_code = _invoke(sys.argv[1:] if arguments is None else arguments, mode)
        sys.stdout.flush()
        return exit_code
    except BrokenPipeError:
        # The reader of stdout has closed it. Python would report that again when it closes stdout itself.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        return print_problem(_usage(error), debug=False)
    except Exception as error:  # noqa: BLE001 - the outermost place: a person reads what is printed here
        return print_problem(explain(error), debug=mode.debug)


def _invoke(arguments: Sequence[str], mode: Mode) -> int:
    """Do the same as click's own `main`, which would answer a closed pipe with exit code 1."""
    try:
        with root.make_context("reelwright", list(arguments), obj=mode) as context:
            result = root.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    return result if isinstance(result, int) else ExitCode.OK


def _usage(error: click.ClickException) -> CliError:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "reelwright"
    return CliError(
        f"`{path}` was not understood",
        why=error.format_message(),
        next_step=f"{path} --help",
        exit_code=ExitCode.USAGE,
    )
