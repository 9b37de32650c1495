"""The rules of the house that no linter knows, each a function from a source file to what is wrong in it.

`test_architecture.py` holds the project against them, and each of them against an example that must fail.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeGuard, TypeVar

ROOT = Path(__file__).resolve().parent.parent
APPS = ["members", "catalog", "promotions", "orders", "groupbuy", "analytics"]  # each knows only those before it
PACKAGES = ["shop", *APPS]


@dataclass(frozen=True)
class Source:
    """One Python file, by its path inside the repository, with `/` between folders."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed file; every node knows its `parent`."""
        tree = ast.parse(self.text)
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                child.parent = node  # type: ignore[attr-defined]
        return tree

    @cached_property
    def room(self) -> str:
        """Return the room of an app this file belongs to: `services` for orders/services/placing.py."""
        parts = Path(self.path).with_suffix("").parts
        return parts[1] if len(parts) > 1 else ""

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)}: {what}"


Rule = Callable[[Source], list[str]]
Node = TypeVar("Node", bound=ast.AST)


def python_sources() -> list[Source]:
    """Return every Python file of the shop but migrations."""
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [Source(str(path.relative_to(ROOT)), path.read_text()) for path in files if "migrations" not in path.parts]


# --- Locks ---------------------------------------------------------------------------------------------------------
EVALUATING_METHODS = {"get", "first", "last", "earliest", "latest", "exists", "iterator", "in_bulk", "get_or_create"}
EVALUATING_FUNCTIONS = {"list", "tuple", "set", "dict", "sorted", "next", "get_object_or_404", "get_list_or_404"}


def unevaluated_locks(source: Source, lockers: frozenset[str] = frozenset({"select_for_update"})) -> list[str]:
    """Find `select_for_update()` whose rows are not read in the same expression: such a lock locks nothing (R4).

    A method of a QuerySet may return it; its name then belongs into `lockers`, see `lock_methods()`.
    """
    return [
        source.at(node, f"{node.func.attr}() is not evaluated here, so it locks nothing")
        for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in lockers
        if not (is_evaluated(node) or is_evaluated_by_name(node) or is_returned_by_queryset(node))
    ]


def lock_methods(sources: list[Source]) -> frozenset[str]:
    """Name `select_for_update` and every QuerySet method that returns it unevaluated."""
    names = {"select_for_update"}
    for source in sources:
        for node in source.nodes:
            if isinstance(node, ast.Attribute) and node.attr == "select_for_update":
                names |= {found.name for found in enclosing(node, ast.FunctionDef) if is_returned_by_queryset(node)}
    return frozenset(names)


def is_evaluated(start: ast.expr) -> bool:
    """Tell whether the chain of calls that begins with `start` ends in something that reads rows."""
    node, above = climb(start)
    if reads_rows(node):
        return True
    if isinstance(above, ast.Call) and isinstance(above.func, ast.Name):
        return above.func.id in EVALUATING_FUNCTIONS
    return isinstance(above, ast.For | ast.comprehension | ast.Starred)


def is_evaluated_by_name(call: ast.Call) -> bool:
    """Tell whether the chain is given a name whose rows are read further down in the same function."""
    _, above = climb(call)
    if not isinstance(above, ast.Assign) or not isinstance(above.targets[0], ast.Name):
        return False
    inside = [node for function in enclosing(call, ast.FunctionDef)[:1] for node in ast.walk(function)]
    name = above.targets[0].id
    uses = [node for node in inside if isinstance(node, ast.Name) and node.id == name and node.lineno > above.lineno]
    return any(is_evaluated(use) for use in uses)


def climb(start: ast.expr) -> tuple[ast.expr, ast.AST | None]:
    """Follow `.filter(...).order_by(...)[:9]` from `start` up to what reads rows or to the end of the chain.

    Returns that expression and the node around it.
    """
    node, above = start, getattr(start, "parent", None)
    while continues(above, node) and not reads_rows(node):
        node, above = above, getattr(above, "parent", None)
    return node, above


def continues(above: ast.AST | None, node: ast.expr) -> TypeGuard[ast.expr]:
    """Tell whether `above` is the next link of the chain that `node` belongs to."""
    if isinstance(above, ast.Attribute | ast.Subscript):
        return above.value is node
    if isinstance(above, ast.IfExp):
        return above.test is not node
    return isinstance(above, ast.Call) and above.func is node


def reads_rows(node: ast.expr) -> bool:
    """Tell whether `node` is a call like `.get()` or an index, and no slice."""
    if isinstance(node, ast.Subscript):
        return not isinstance(node.slice, ast.Slice)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EVALUATING_METHODS


def is_returned_by_queryset(node: ast.AST) -> bool:
    in_return = bool(enclosing(node, ast.Return))
    bases = [ast.unparse(base) for found in enclosing(node, ast.ClassDef) for base in found.bases]
    return in_return and any("QuerySet" in base or "Manager" in base for base in bases)


def enclosing(node: ast.AST, kind: type[Node]) -> list[Node]:
    """List the nodes of `kind` around `node`, innermost first."""
    found = []
    above = getattr(node, "parent", None)
    while above is not None:
        if isinstance(above, kind):
            found.append(above)
        above = getattr(above, "parent", None)
    return found


# --- State, time, signals, tasks -----------------------------------------------------------------------------------
def assigned_statuses(source: Source) -> list[str]:
    """Find `thing.status = ...`: a status changes through `Stateful.move()` only."""
    if source.path == "shop/lib/states.py":
        return []
    return [
        source.at(node, "a status is assigned; use move()")
        for node in source.nodes
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store)
        if [function.name for function in enclosing(node, ast.FunctionDef)] != ["__init__"]  # an exception of HTTP
    ]


CLOCKS = {
    "timezone.now", "timezone.localtime", "timezone.localdate", "datetime.now", "datetime.utcnow", "datetime.today",
    "date.today", "time.time", "Now",
}  # fmt: skip
CLOCKS_ALLOWED = {  # path -> why
    "shop/lib/alike.py": "a kept page tells each visitor the server's clock, by which it counts down",
    "shop/lib/sweeps.py": "a task of a sweep reads it, here for all of them",
    "shop/visits.py": "a middleware stands at the edge, as a view does",
    "shop/lib/sms.py": "a signed request carries the moment it is sent",
    "shop/lib/wechat/pay.py": "a signed request carries the moment it is sent, and a stale answer is refused",
}
ROOMS_WITH_A_CLOCK = {"views", "tasks", "admin", "management", "backoffice", "sandbox", "health"}


def read_clocks(source: Source) -> list[str]:
    """Find code that reads the clock where `now` must be an argument."""
    if source.room in ROOMS_WITH_A_CLOCK or source.path in CLOCKS_ALLOWED:
        return []
    return [
        source.at(node, f"{ast.unparse(node)} reads the clock; take now as an argument")
        for node in source.nodes
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS and not has_argument(node))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Now")
    ]


def has_argument(node: ast.Attribute) -> bool:
    """Tell whether `node` is called with a moment to convert, as in `timezone.localtime(order.paid_at)`."""
    call = getattr(node, "parent", None)
    converts = node.attr in {"localtime", "localdate"}
    return converts and isinstance(call, ast.Call) and call.func is node and bool(call.args)


def model_signals(source: Source) -> list[str]:
    """Find Django's own model signals: who saves something says what follows, in words."""
    unwanted = {"pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "pre_init", "post_init"}
    return [
        source.at(node, f"{alias.name} is not used in this house")
        for node in source.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in unwanted
    ]


def declared_signals(sources: list[Source]) -> list[str]:
    """Name every signal the project declares."""
    return [
        ast.unparse(node.targets[0])
        for source in sources
        for node in source.nodes
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in {"Signal()", "dispatch.Signal()"}
    ]


def published_tasks(source: Source) -> list[str]:
    """Find code outside tasks that talks to the broker (R9)."""
    if source.room == "tasks":
        return []
    publishing = {"delay", "apply_async", "send_task"}
    return [
        source.at(node, f"{node.func.attr}() talks to the broker; write a row and let a sweep find it")
        for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in publishing
    ]


# --- How code is written -------------------------------------------------------------------------------------------
def positional_services(source: Source) -> list[str]:
    """Find services that take more than one argument by position.

    In a package those are services that its `__init__` offers; the rest are shared words of its modules.
    """
    if source.room != "services":
        return []
    return [
        source.at(node, f"{node.name}() takes several arguments by position")
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and is_offered(source, node.name)
        if len(node.args.posonlyargs + node.args.args) > 1
    ]


def is_offered(source: Source, name: str) -> bool:
    package = (ROOT / source.path).parent / "__init__.py"
    if source.path.count("/") < 2:
        return not name.startswith("_")
    return re.search(rf"\b{name}\b", package.read_text()) is not None


UNESCAPED_ALLOWED: dict[str, str] = {  # path -> why what it marks is safe
    "shop/lib/richtext.py": "it has just been sanitised",
}


def unescaped_html(source: Source) -> list[str]:
    """Find text that is declared safe by hand. A literal is safe, and so is `SafeString` as a type."""
    if source.path in UNESCAPED_ALLOWED:
        return []
    unescaped = r"(\w+\.)*(mark_safe|SafeString|SafeText)"
    return [
        source.at(node, f"{ast.unparse(node.func)} outside the allow list; use format_html")
        for node in source.nodes
        if isinstance(node, ast.Call) and re.fullmatch(unescaped, ast.unparse(node.func))
        if not all(isinstance(argument, ast.Constant) for argument in node.args)
    ]


MOST_LINES_OF_FILE, MOST_LINES_OF_FUNCTION = 400, 50


def oversized(source: Source) -> list[str]:
    """Find files and functions beyond the budgets of STYLE."""
    lines = source.text.count("\n")
    found = [f"{source.path}: {lines} lines"] if lines > MOST_LINES_OF_FILE else []
    return found + [
        source.at(function, f"{function.name}() has {length(function)} lines")
        for function in functions(source)
        if length(function) > MOST_LINES_OF_FUNCTION
    ]


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


# --- Templates and style sheets ------------------------------------------------------------------------------------
SHOP_TEMPLATE_RULES = {
    r"<script(?![^>]*\b(src=|type=.application/(ld\+)?json))": "inline script",
    r"<style\b": "inline style sheet",
    r"\sstyle\s*=": "style attribute",
    r"\son[a-z]+\s*=\s*[\"']": "event attribute",
    r"\shx-on\b|\bjs:|javascript:": "evaluated attribute",
}
TEMPLATE_RULES = {r"\|\s*safe(seq)?\b": "|safe", r"\{%\s*autoescape\s+off": "autoescape off"}


def template_faults(path: str, text: str) -> list[str]:
    """Find what the content security policy would stop and what would print unescaped HTML."""
    rules = TEMPLATE_RULES if path.startswith("templates/admin/") else SHOP_TEMPLATE_RULES | TEMPLATE_RULES
    text = re.sub(r"\{#.*?#\}", "", text)
    return [f"{path}: {what}" for pattern, what in rules.items() if re.search(pattern, text, re.IGNORECASE)]


COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?\(|:\s*(white|black|red|gray|grey)\b", re.IGNORECASE
)


def style_sheet_faults(path: str, text: str) -> list[str]:
    """Find literal colours outside tokens.css, and !important anywhere but against unfold's own."""
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), text, flags=re.DOTALL)
    lines = list(enumerate(text.splitlines(), start=1))
    found = [
        f"{path}:{number}: !important" for number, line in lines if "!important" in line and "[x-cloak]" not in line
    ]
    if path.endswith("tokens.css"):
        return found
    return found + [f"{path}:{number}: a literal colour" for number, line in lines if COLOUR.search(line)]
