"""A process that has imported the program and forks for every call: a call takes milliseconds and is still a process.

Reads one JSON request a line on stdin, answers with the exit code.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from service.cli.root import VERBS, module_of, run


def main() -> None:
    for verb in VERBS:
        importlib.import_module(f"service.cli.verbs.{module_of(verb)}")
    for module in ("service.wiring.stores", "service.wiring.bus", "service.wiring.tools"):
        importlib.import_module(module)
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            os._exit(_call(json.loads(line)))
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


def _call(request: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    for number, name, mode in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY), (2, "stderr", os.O_WRONLY)):
        os.dup2(os.open(Path(request["folder"]) / name, mode), number)
    sys.argv = ["reelwright", *request["arguments"]]
    code = run()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
