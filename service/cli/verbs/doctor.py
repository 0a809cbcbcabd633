"""`reelwright doctor`: checks everything that Reelwright needs, and says how to repair what is wrong."""

from __future__ import annotations

import click

from service.cli.local_checks import CheckState, access, data_dir, disk_space, packages, python, renderer
from service.cli.output import clean, emit, emit_json, json_option
from service.cli.problems import ExitCode
from service.cli.remote_checks import database, nats, service
from service.cli.session import read_settings, run

SIGNS = {CheckState.OK: "ok  ", CheckState.WARN: "warn", CheckState.FAIL: "FAIL"}


@click.command()
@json_option
def doctor(*, as_json: bool) -> int:
    """Check what Reelwright needs, and say what to do; exit 1 if something failed."""
    settings = read_settings()
    findings = [python(), packages(), data_dir(settings), access(settings), disk_space(settings), renderer(settings)]
    findings += [run(check(settings)) for check in (database, nats, service)]
    healthy = all(finding.state is not CheckState.FAIL for finding in findings)
    if as_json:
        emit_json({"ok": healthy, "checks": [finding.view for finding in findings]})
    else:
        for finding in findings:
            emit(f"{SIGNS[finding.state]}  {finding.what}: {clean(finding.text)}")
            if finding.next_step:
                emit(f"      next: {finding.next_step}")
    return ExitCode.OK if healthy else ExitCode.FAILED
