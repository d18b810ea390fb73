"""The source code that a configuration uses, read from the running program.

`closure` collects some functions and everything that they need. A table of choices keeps only the
entry in use, so that the listing is exactly the program that runs.
"""

import ast
import functools
import importlib
import inspect
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig

PACKAGE = __name__.split(".")[0]

# The module that implements each table of choices, by the field that chooses from it.
MODULES = {
    "activation": "scratchmlp.net.activations",
    "init": "scratchmlp.net.model",
    "loss": "scratchmlp.net.loss",
    "optimizer": "scratchmlp.net.optimizers",
    "schedule": "scratchmlp.net.schedules",
    "augment": "scratchmlp.net.augment",
    "backward": "scratchmlp.net.backward",
}


class Piece(NamedTuple):
    """A function, class or constant of a module, and its source code."""

    module: str
    name: str
    source: str


class Listing(NamedTuple):
    """Pieces in an order in which they can run, and the import statements that they need."""

    imports: list[str]
    pieces: list[Piece]


class Module(NamedTuple):
    source: str
    defined: dict[str, ast.stmt]
    imported: dict[str, tuple[str, str]]  # name: (module, name there), or (statement, "")


def piece(module: str, name: str, config: TrainConfig) -> Piece:
    """One piece of a module. A table of choices has only the entry in use.

    Raises
    ------
    KeyError
        The module does not define this name.
    """
    read = _module(module)
    node = read.defined[name]
    if field := _table_field(node):
        row = f'"{getattr(config, field)}": {_function(field, config)}'
        return Piece(module, name, f"{name} = {{{row}}}")
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    lines = read.source.splitlines()[first - 1 : node.end_lineno]
    return Piece(module, name, "\n".join(lines))


def closure(roots: Iterable[tuple[str, str]], config: TrainConfig) -> Listing:
    """The pieces `roots`, as (module, name), and all pieces of this package that they need."""
    imports: dict[str, None] = {}
    pieces: dict[tuple[str, str], Piece | None] = {}

    def visit(module: str, name: str, runs: bool) -> None:
        read = _module(module)
        if name in read.imported:
            source, there = read.imported[name]
            if not there:
                imports[source] = None
            else:
                visit(source, there, runs)
        elif name in read.defined and (module, name) not in pieces:
            if not runs and not isinstance(read.defined[name], ast.Assign):
                return  # an annotation needs only type aliases
            pieces[module, name] = None  # being visited: the pieces that it needs come first
            found = piece(module, name, config)
            for used, runs_too in _names(ast.parse(found.source)):
                visit(module, used, runs_too)
            del pieces[module, name]
            pieces[module, name] = found

    for root in roots:
        visit(*root, runs=True)
    in_order = sorted(imports, key=lambda line: (line.startswith("from"), line))
    return Listing(in_order, [found for found in pieces.values() if found])


@functools.cache
def _module(name: str) -> Module:
    source = inspect.getsource(importlib.import_module(name))
    defined: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef(name=own) | ast.ClassDef(name=own):
                defined[own] = node
            case ast.Assign(targets=[ast.Name(id=own)]) | ast.AnnAssign(target=ast.Name(id=own)):
                defined[own] = node
            case ast.Assign(targets=[ast.Tuple(elts=several)]):
                defined |= {n.id: node for n in several if isinstance(n, ast.Name)}
            case ast.Import(names=names):
                for alias in names:
                    own = alias.asname or alias.name.split(".")[0]
                    imported[own] = ast.unparse(ast.Import([alias])), ""
            case ast.ImportFrom(module=str(origin), names=names):
                for alias in names:
                    ours = origin.split(".")[0] == PACKAGE
                    statement = ast.unparse(ast.ImportFrom(origin, [alias], 0))
                    imported[alias.asname or alias.name] = (
                        (origin, alias.name) if ours else (statement, "")
                    )
    return Module(source, defined, imported)


def chosen_names(field: str, config: TrainConfig) -> list[str]:
    """The function that a field chooses, after all of its own module that it needs."""
    module = MODULES[field]
    listing = closure([(module, _function(field, config))], config)
    return [piece.name for piece in listing.pieces if piece.module == module]


def _function(field: str, config: TrainConfig) -> str:
    return choices.TABLES[field][getattr(config, field)].function


def _table_field(node: ast.stmt) -> str | None:
    """The field that chooses from the table that `choices.implemented(…)` makes here, if any."""
    match node:
        case ast.AnnAssign(
            value=ast.Call(
                func=ast.Attribute(attr="implemented"), args=[ast.Attribute() as table, *_]
            )
        ):
            rows = getattr(choices, table.attr)
            return next(field for field, known in choices.TABLES.items() if known is rows)
    return None


def _names(node: ast.AST, runs: bool = True) -> Iterator[tuple[str, bool]]:
    """Every name in the tree, and whether the code needs it to run; annotations do not run."""
    if isinstance(node, ast.Name):
        yield node.id, runs
    for field, value in ast.iter_fields(node):
        also = runs and field not in ("annotation", "returns")
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _names(child, also)
