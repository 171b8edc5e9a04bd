"""How long, how branched and how explained the sources are: the table in CONTRIBUTING.md.

Usage: python benchmarks/style.py [ROOT]

Lengths count every physical line of a function with its docstring. Branches are ifs, loops,
handlers, cases, boolean operators and comprehensions. Parameters leave out ``self`` and ``cls``. A
public name is a module, class, function or method of which no part begins with an underscore.
"""

import ast
import statistics
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGES = ("engine", "collectors", "bundlers", "policies", "recipes", "schemas")
BRANCHES = (
    *(ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case),
    *(ast.BoolOp, ast.comprehension),
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)
LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@dataclass
class Style:
    """What was counted in a tree."""

    files: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    parameters: list[int] = field(default_factory=list)
    code: int = 0
    comments: int = 0
    docstrings: int = 0
    public: int = 0
    explained: int = 0
    imports: dict[str, set[str]] = field(default_factory=dict)

    def read(self, path: Path, root: Path) -> None:
        text = path.read_text()
        tree = ast.parse(text)
        self.files.append(text.count("\n"))
        self._lines(path, tree)
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                self._function(node)
        named = list(public(tree))
        self.public += len(named)
        self.explained += sum(ast.get_docstring(node) is not None for node in named)
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        self.imports[module] = set(imported(tree)) - {module}

    def _lines(self, path: Path, tree: ast.Module) -> None:
        texts = {line for node in ast.walk(tree) for line in docstring(node)}
        code: set[int] = set()
        with path.open("rb") as source:
            for token in tokenize.tokenize(source.readline):
                if token.type == tokenize.COMMENT:
                    self.comments += 1
                elif token.type not in LAYOUT and token.type != tokenize.ENCODING:
                    code.update(range(token.start[0], token.end[0] + 1))
        self.code += len(code - texts)
        self.docstrings += len(texts)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.functions.append((node.end_lineno or node.lineno) - node.lineno + 1)
        self.branches.append(sum(isinstance(one, BRANCHES) for one in ast.walk(node)))
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        self.parameters.append(sum(one.arg not in {"self", "cls"} for one in given))

    def cycle(self) -> str:
        """Name a cycle of imports made when a module is loaded, or say that there is none."""
        try:
            TopologicalSorter(self.imports).prepare()
        except CycleError as found:
            return " -> ".join(found.args[1])
        return "0"

    def hops(self) -> int:
        """Count modules that exist for one other alone: a reader of that one must go there."""
        users = Counter(to for tos in self.imports.values() for to in tos)
        return sum(users[module] == 1 for module in self.imports)


def public(node: ast.AST) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef]:
    """Give what has a public name, the module too."""
    yield node
    if isinstance(node, FUNCTIONS):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, *FUNCTIONS)) and not child.name.startswith("_"):
            yield from public(child)


def docstring(node: ast.AST) -> range:
    """Give the lines of a docstring, or of a sentence below a field."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return range(0)
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def imported(tree: ast.Module) -> Iterator[str]:
    """Give the modules, and names that may be modules, that loading a module imports."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, FUNCTIONS) or is_for_types(node):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("eidos.") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            base = node.module.removeprefix("eidos").removeprefix(".")
            yield base
            yield from (f"{base}.{alias.name}".removeprefix(".") for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def share(values: list[int], part: float) -> int:
    """Give the value that a part of all do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def spread(values: list[int]) -> str:
    return f"{statistics.median(values):g} / {share(values, 0.95)} / {max(values)}"


def lines(paths: Iterable[Path]) -> int:
    return sum(path.read_text().count("\n") for path in paths)


def main() -> None:
    """Measure a tree and print a table."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    style = Style()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            style.read(path, root)
    ratio = lines((root / "tests").rglob("*.py")) / sum(style.files)
    over = sum(length > 40 for length in style.functions) / len(style.functions)
    rows = {
        "files, lines": f"{len(style.files)}, {sum(style.files):,}",
        "file: median / p95 / longest": spread(style.files),
        "function: median / p95 / longest": spread(style.functions),
        "functions over 40 lines": f"{over:.1%}",
        "branches of a function, p95": share(style.branches, 0.95),
        "parameters of a function, p95": share(style.parameters, 0.95),
        "comments to 100 lines of code": f"{100 * style.comments / style.code:.1f}",
        "lines of docstrings to 100 of code": f"{100 * style.docstrings / style.code:.0f}",
        "public names with a docstring": f"{style.explained / style.public:.0%}",
        "modules that only one other imports": style.hops(),
        "import cycles": style.cycle(),
        "lines of tests to one of source": f"{ratio:.2f}",
    }
    print("| measure | here |\n|---|--:|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
