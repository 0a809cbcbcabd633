"""Retired words do not come back: no name in the code has one of them as a part."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.tree import ROOMS, ROOT, TEXTS, files, name, sources

GLOSSARY = ROOT / "domain" / "README.md"
EXCEPTIONS = {
    ("adapters/sql/", "driver"): "SQLAlchemy's word for the client library of a database",
    ("adapters/sql/", "order"): "a sequence of rows",
    ("service/http/", "order"): "a sequence of steps",
    ("service/http/", "post"): "the HTTP method",
}
PICTURE = re.compile(r"\bpictures?\b", re.IGNORECASE)
CONTRACT_TEXT = "films one picture"


def section(heading: str) -> str:
    """Return the text below a heading of the glossary, up to the next heading."""
    return GLOSSARY.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(heading: str) -> list[str]:
    """Return the first cell of each row of the table below a heading."""
    rows = [line.split("|")[1].strip() for line in section(heading).splitlines() if line.startswith("|")]
    return rows[2:]


def retired_words() -> set[str]:
    """Return the words of the glossary's last table. Rows of several words are for texts: no name is held to them."""
    return {cell for cell in first_cells("Retired words") if cell.isalpha()}


def parts(identifier: str) -> set[str]:
    """Split an identifier at underscores and capitals, in lower case: `HTTPPost_order` is http, post, order."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def names(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module gives: to classes, functions, parameters and values. Python's own are left out."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=given) | ast.FunctionDef(name=given) | ast.AsyncFunctionDef(name=given):
                yield given
            case ast.arg(arg=given) | ast.Name(id=given, ctx=ast.Store()) | ast.Attribute(attr=given, ctx=ast.Store()):
                yield given
            case ast.alias(asname=str(given)) | ast.ExceptHandler(name=str(given)):
                yield given
            case ast.MatchAs(name=str(given)) | ast.MatchStar(name=str(given)):
                yield given


def found_in(given: str, words: set[str]) -> set[str]:
    """Return the words that a name has as a part, also with a plural s."""
    if given.startswith("__") and given.endswith("__"):
        return set()
    return {word for word in words if parts(given) & {word, f"{word}s"}}


def uses() -> dict[tuple[str, str], set[str]]:
    """Return (file, retired word) and the names that have it, over all of the code."""
    found: dict[tuple[str, str], set[str]] = {}
    words = retired_words()
    for path in sources(*ROOMS):
        for given in (*names(ast.parse(path.read_text())), *path.with_suffix("").relative_to(ROOT).parts):
            for word in found_in(given, words):
                found.setdefault((name(path), word), set()).add(given)
    return found


def excepted(file: str, word: str) -> bool:
    """Tell whether this file may use the word."""
    return any(file.startswith(folder) and word == allowed for folder, allowed in EXCEPTIONS)


def test_no_name_has_a_retired_word() -> None:
    assert {use: given for use, given in uses().items() if not excepted(*use)} == {}


def test_the_rule_finds_a_retired_word_wherever_a_name_is_given() -> None:
    samples = [
        "class JobLedger: pass",
        "def ring_all(): pass",
        "def send(a_ledger): pass",
        "newsPicture = 1",
        "self.drafts = []",
        "for driver in (): pass",
        "import json as desk",
        "match 1:\n    case ticker: pass",
        "[0 for rail in ()]",
        "try: pass\nexcept OSError as rim: pass",
    ]
    words = retired_words()
    missed = [text for text in samples if not any(found_in(given, words) for given in names(ast.parse(text)))]
    assert missed == []


def test_the_rule_lets_other_names_be() -> None:
    words, others = retired_words(), ("postpone", "string", "ordered", "__post_init__")
    assert [given for given in others if found_in(given, words)] == []


def test_no_text_says_picture_but_the_one_of_the_contract() -> None:
    texts = {name(path): path.read_text() for path in files(*ROOMS) if path.suffix in TEXTS and path != GLOSSARY}
    texts[name(GLOSSARY)] = GLOSSARY.read_text().split("\n## Retired words\n")[0]
    assert [file for file, text in texts.items() if PICTURE.search(text.replace(CONTRACT_TEXT, ""))] == []


def test_the_glossary_lists_the_modules_of_the_domain() -> None:
    listed = sorted(file for cell in first_cells("Files") for file in re.findall(r"`(\w+\.py)`", cell))
    assert listed == sorted(path.name for path in sources("domain") if path.name != "__init__.py")
