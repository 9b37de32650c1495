"""The house keeps its own rules (docs/adr, pyproject.toml); each rule is shown to fail on an example."""

import statistics
import sys
from typing import Any

import grimp
import pytest
from django.apps import apps
from django.db import models

from tests import architecture
from tests.architecture import APPS, PACKAGES, ROOT, Rule, Source

SOURCES = architecture.python_sources()
ROOMS = {
    "models", "signals", "selectors", "services", "tasks", "receivers", "forms", "views", "urls", "admin", "apps",
    "resources", "migrations", "management", "templatetags", "__init__",
}  # fmt: skip
EXTRA_ROOMS = {"promotions": {"pricing"}, "orders": {"channels"}}
MOST_SIGNALS = 8

BAD_EXAMPLES: list[tuple[Rule, str, str]] = [
    (architecture.unevaluated_locks, "orders/services.py", "Order.objects.select_for_update().filter(pk=1)"),
    (architecture.unevaluated_locks, "orders/services.py", "orders = Order.objects.select_for_update()"),
    (architecture.unevaluated_locks, "orders/s.py", "def f():\n rows = a.select_for_update()\n return rows.count()"),
    (architecture.unevaluated_locks, "orders/services.py", "def f(): return Order.objects.select_for_update()"),
    (architecture.unevaluated_locks, "orders/services.py", "rows = Order.objects.select_for_update()[:5]"),
    (architecture.unevaluated_locks, "orders/services.py", "Order.objects.select_for_update().update(x=1)"),
    (architecture.assigned_statuses, "orders/services.py", "order.status = 'paid'"),
    (architecture.read_clocks, "orders/services.py", "now = timezone.now()"),
    (architecture.read_clocks, "orders/models.py", "models.DateTimeField(default=timezone.now)"),
    (architecture.read_clocks, "orders/selectors.py", "day = timezone.localdate()"),
    (architecture.read_clocks, "orders/selectors.py", "rows.filter(due__lte=Now())"),
    (architecture.model_signals, "orders/receivers.py", "from django.db.models.signals import post_save"),
    (architecture.published_tasks, "orders/services.py", "send_message.delay(1)"),
    (architecture.published_tasks, "orders/views.py", "send_message.apply_async((1,))"),
    (architecture.positional_services, "orders/services.py", "def ship(order, parcel): ..."),
    (architecture.unescaped_html, "orders/views.py", "mark_safe(text)"),
    (architecture.unescaped_html, "orders/views.py", "from django.utils import html; html.mark_safe(text)"),
    (architecture.oversized, "orders/services.py", "def long():\n" + "    x = 1\n" * 50),
    (architecture.oversized, "orders/services.py", "x = 1\n" * 401),
]
GOOD_EXAMPLES: list[tuple[Rule, str, str]] = [
    (architecture.unevaluated_locks, "orders/services.py", "Order.objects.select_for_update().get(pk=1)"),
    (architecture.unevaluated_locks, "orders/services.py", "list(Order.objects.select_for_update().filter(x=1)[:5])"),
    (architecture.unevaluated_locks, "orders/services.py", "Order.objects.select_for_update().order_by('pk')[0]"),
    (architecture.unevaluated_locks, "orders/s.py", "def f():\n rows = a.select_for_update()\n return list(rows[:9])"),
    (architecture.unevaluated_locks, "a/s.py", "def f():\n a = b.select_for_update() if c else b\n return a.get()"),
    (architecture.unevaluated_locks, "orders/services.py", "for o in Order.objects.select_for_update(): ..."),
    (architecture.unevaluated_locks, "orders/services.py", "{o.pk: o for o in Order.objects.select_for_update()}"),
    (
        architecture.unevaluated_locks,
        "orders/services.py",
        "get_object_or_404(Order.objects.select_for_update(), pk=1)",
    ),
    (
        architecture.unevaluated_locks,
        "orders/models.py",
        "class Orders(QuerySet):\n def locked(self): return self.select_for_update()",
    ),
    (architecture.assigned_statuses, "orders/services.py", "if order.status == 'paid': order.move('shipped')"),
    (architecture.read_clocks, "orders/tasks.py", "now = timezone.now()"),
    (architecture.read_clocks, "orders/selectors.py", "day = timezone.localdate(order.paid_at)"),
    (architecture.published_tasks, "orders/tasks.py", "send_message.delay(1)"),
    (architecture.positional_services, "orders/services.py", "def ship(order, *, parcel, now): ..."),
    (architecture.unescaped_html, "orders/views.py", "def tag() -> SafeString: return SafeString('<b>')"),
]


def name_of(value: Any) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize("rule", list(dict.fromkeys(rule for rule, _, _ in BAD_EXAMPLES)), ids=name_of)
def test_the_code_keeps_the_rule(rule: Rule) -> None:
    assert [fault for source in SOURCES for fault in rule(source)] == []


@pytest.mark.parametrize(("rule", "path", "text"), BAD_EXAMPLES, ids=name_of)
def test_a_broken_rule_is_found(rule: Rule, path: str, text: str) -> None:
    faults = rule(Source(path, text))

    assert len(faults) == 1
    assert faults[0].startswith(path)


@pytest.mark.parametrize(("rule", "path", "text"), GOOD_EXAMPLES, ids=name_of)
def test_what_keeps_the_rule_is_left_alone(rule: Rule, path: str, text: str) -> None:
    assert rule(Source(path, text)) == []


def test_locks_behind_a_queryset_method_are_evaluated_where_it_is_called() -> None:
    lockers = architecture.lock_methods(SOURCES)

    assert [fault for source in SOURCES for fault in architecture.unevaluated_locks(source, lockers)] == []


def test_a_queryset_method_that_locks_is_known_by_its_name() -> None:
    text = "class Orders(QuerySet):\n def locked(self): return self.select_for_update()"

    lockers = architecture.lock_methods([Source("orders/models.py", text)])

    assert lockers == {"select_for_update", "locked"}
    assert architecture.unevaluated_locks(Source("orders/services.py", "rows = Order.objects.locked()"), lockers)


def test_at_most_eight_signals_are_declared() -> None:
    declared = architecture.declared_signals(SOURCES)

    assert len(declared) <= MOST_SIGNALS, declared
    assert architecture.declared_signals([Source("a/signals.py", "paid = Signal()")]) == ["paid"]


# --- Who may know whom ---------------------------------------------------------------------------------------------
def test_every_app_has_only_the_known_rooms() -> None:
    strangers = {
        f"{app}/{path.name}"
        for app in APPS
        for path in (ROOT / app).iterdir()
        if path.name != "__pycache__" and path.stem not in ROOMS | EXTRA_ROOMS.get(app, set())
    }

    assert strangers == set()


def points_up(app: str, related: str) -> bool:
    """Tell whether a relation from a model of `app` to one of `related` points up the layers; strangers lie below."""
    order = ["shop", *APPS]
    return related in order and order.index(related) > order.index(app)


def test_foreign_keys_point_down_the_layers() -> None:
    ours = [model for model in apps.get_models() if model._meta.app_label in PACKAGES]
    relations = [(model, field) for model in ours for field in model._meta.concrete_fields if field.related_model]

    upward = [str(field) for model, field in relations if points_up(model._meta.app_label, app_of(field))]

    assert upward == []


def app_of(field: "models.Field[Any, Any]") -> str:
    """Return the label of the app that a relation points to."""
    assert isinstance(field.related_model, type)
    return field.related_model._meta.app_label


def test_a_relation_that_points_up_is_told_from_one_that_points_down() -> None:
    assert points_up("catalog", "orders")
    assert not points_up("orders", "catalog")
    assert not points_up("orders", "orders")
    assert not points_up("shop", "contenttypes")


def import_cycles(imports: dict[str, set[str]]) -> list[list[str]]:
    """List the modules that import each other in a circle, one circle per entry; `imports` is {module: imported}."""
    cycles, done = [], set()
    for start in sorted(imports):
        path: list[str] = []
        todo = [(start, iter(sorted(imports[start])))]
        while todo:
            module, rest = todo[-1]
            path[len(todo) - 1 :] = [module]
            following = next((name for name in rest if name not in done), None)
            if following is None:
                done.add(todo.pop()[0])
            elif following in path:
                cycles.append(path[path.index(following) :])
            else:
                todo.append((following, iter(sorted(imports[following]))))
    return cycles


def test_no_modules_import_each_other() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}

    assert import_cycles(imports) == []


def test_a_circle_of_imports_is_found() -> None:
    assert import_cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert import_cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


# --- Pages ---------------------------------------------------------------------------------------------------------
def files(folder: str, pattern: str) -> list[tuple[str, str]]:
    return [(str(path.relative_to(ROOT)), path.read_text()) for path in sorted((ROOT / folder).rglob(pattern))]


def test_templates_hold_nothing_inline() -> None:
    templates = files("templates", "*.html")

    assert [fault for path, text in templates for fault in architecture.template_faults(path, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>x()</script>", "<style>a{}</style>", '<p style="color:red">', "<a onclick='x()'>", "{{ text|safe }}",
        "{% autoescape off %}", '<a href="javascript:x()">', "<p hx-on:click='x()'>",
    ],
)  # fmt: skip
def test_an_inline_thing_in_a_template_is_found(text: str) -> None:
    assert len(architecture.template_faults("templates/a.html", text)) >= 1


def test_scripts_in_files_and_data_blocks_are_allowed() -> None:
    text = '<script type="module" src="a.js"></script><script type="application/json">{}</script>{# style= #}'

    assert architecture.template_faults("templates/a.html", text) == []


def test_style_sheets_take_every_colour_from_the_tokens() -> None:
    sheets = files("static/css", "*.css")

    assert [fault for path, text in sheets for fault in architecture.style_sheet_faults(path, text)] == []


def test_a_literal_colour_and_an_important_are_found() -> None:
    text = "/* #fff */\na { color: #fff; }\nb { color: rgb(0 0 0); }\nc { top: 0 !important; }\nd { color: white; }"

    faults = architecture.style_sheet_faults("static/css/base.css", text)

    assert [fault.split(":")[1] for fault in faults] == ["4", "2", "3", "5"]
    assert architecture.style_sheet_faults("static/css/tokens.css", "a { --ink: #222; }") == []


def test_each_script_is_one_behaviour_of_at_most_sixty_lines() -> None:
    assert [path for path, text in files("static/js", "*.js") if text.count("\n") > 60] == []


# --- Budgets -------------------------------------------------------------------------------------------------------
def test_the_medians_stay_small(capsys: pytest.CaptureFixture[str]) -> None:
    file_lengths = [source.text.count("\n") for source in SOURCES if source.text]
    lengths = sorted(architecture.length(found) for source in SOURCES for found in architecture.functions(source))
    tests = sum(path.read_text().count("\n") for path in (ROOT / "tests").rglob("*.py"))

    with capsys.disabled():
        sys.stdout.write(
            f"\nfile median {statistics.median(file_lengths):.0f} lines,"
            f" function median {statistics.median(lengths):.0f},"
            f" 95th percentile {lengths[len(lengths) * 95 // 100]}, code {sum(file_lengths)}, tests {tests}\n"
        )

    assert statistics.median(lengths) <= 8
    assert lengths[len(lengths) * 95 // 100] <= 25


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = ["help", "demo", "test", "check", "chaos", "bench", "lint", "types", "layers", "migrations", "fmt"]

    undescribed = [target for target in targets if not any(is_described(line, target) for line in text.splitlines())]

    assert undescribed == []


def is_described(line: str, target: str) -> bool:
    return line.startswith(f"{target}:") and " ## " in line
