"""The files of the project as they are on the disk: what the rules of the house are held against."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("domain", "adapters", "service")
FOLDERS = (*ROOMS, "tests", "examples", "docs", ".ci")
NOT_OURS = {"__pycache__", "node_modules", "DATA", "build", ".hypothesis"}
CODE = {".py", ".html", ".css", ".js", ".mako", ".sh"}
TEXTS = {*CODE, ".md", ".toml", ".lock", ".yml", ".yaml", ".json", ".txt", ".conf", ""}


def files(*folders: str) -> list[Path]:
    """Return the files of these folders of the project, at any depth."""
    found = (path for folder in folders for path in sorted((ROOT / folder).rglob("*")))
    return [path for path in found if path.is_file() and not NOT_OURS.intersection(path.parts)]


def texts() -> list[Path]:
    """Return every text file of the project, those at the top too."""
    tops = [path for path in sorted(ROOT.iterdir()) if path.is_file() and path.name != ".git"]
    return [path for path in (*tops, *files(*FOLDERS)) if path.suffix in TEXTS]


def sources(*folders: str) -> list[Path]:
    """Return the Python files of these folders."""
    return [path for path in files(*folders) if path.suffix == ".py"]


def name(path: Path) -> str:
    """Return the path as it is written in the project."""
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it; `from a import b` counts as `a.b`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found.update(f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom(level=level, module=module) if level:
                found.add(f"{'.'.join(path.relative_to(ROOT).parts[:-level])}.{module or ''}")
    return found


def attributes(path: Path) -> set[str]:
    """Return what a file names with a dot: `datetime.now`."""
    tree = ast.parse(path.read_text())
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
