"""`reelwright fake-provider`: a provider for tests, which costs nothing and fails as wanted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from service.cli.output import emit, say
from service.cli.problems import CliError, ExitCode
from service.cli.session import read_settings


@click.command(name="fake-provider")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: a free one.  [default: 0]")
@click.option("--faults", type=click.Path(dir_okay=False, path_type=Path), help="A JSON file that says what fails.")
@click.option("--books", type=click.Path(dir_okay=False, path_type=Path), help="Append each create to this file.")
def fake_provider(*, host: str, port: int, faults: Path | None, books: Path | None) -> None:
    """Run a provider that speaks Replicate's API until Ctrl-C; it prints its base URL.

    It has the model of every shipped profile, with its input schema. fake/… and acme/… are models that take any
    input; {"models": ["mine/*"]} in the faults names others.
    """
    read_settings()
    from service.wiring.tools import run_fake_provider  # noqa: PLC0415 - the heavy part

    try:
        faults_json = None if faults is None else faults.read_bytes()
        with suppress(KeyboardInterrupt):
            run_fake_provider(host, port, faults=faults_json, books=books, on_ready=_say_address)
    except ValueError as error:
        raise CliError(
            f"{faults} does not describe faults",
            why=str(error),
            next_step='a file such as {"rates": {"create": {"lose_answer": 0.1}}}',
            exit_code=ExitCode.USAGE,
        ) from error
    except OSError as error:
        raise CliError(
            "The provider did not start",
            why=str(error),
            next_step="reelwright fake-provider --port 0   (takes a free port)",
            exit_code=ExitCode.CONFIGURATION,
        ) from error


def _say_address(url: str) -> None:
    emit(url)
    say("Use it from another terminal, with REELWRIGHT_ALLOW_PRIVATE_HOSTS=true:")
    say(f"  export REELWRIGHT_RENDERER=replicate REELWRIGHT_REPLICATE_BASE_URL={url}")
    say("  export REELWRIGHT_REPLICATE_MODEL=fake/film REPLICATE_API_TOKEN=anything")
