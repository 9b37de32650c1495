"""Every address that the shop knows, and which of them open for whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, resolve, reverse

from members.models import Member

MOST_ROWS = 12  # how many rows of a model are tried until one opens
WORDS = {"kind": "csv", "name": "remark", "app_label": "orders", "url": "nothing/", "channel": "wechat"}


@dataclass(frozen=True)
class Route:
    """An address by the name of its view, with the names of what varies in it."""

    name: str
    varying: tuple[str, ...]


def all_routes() -> list[Route]:
    """List what the URL conf names, the back office with it."""
    return sorted(set(_routes(get_resolver(), "", ())), key=lambda route: route.name)


def _routes(resolver: URLResolver, space: str, varying: tuple[str, ...]) -> Iterator[Route]:
    for part in resolver.url_patterns:
        names = (*varying, *part.pattern.regex.groupindex)
        if isinstance(part, URLResolver):
            yield from _routes(part, f"{space}{part.namespace}:" if part.namespace else space, names)
        elif isinstance(part, URLPattern) and part.name:
            yield Route(f"{space}{part.name}", names)


def pages_for(who: Member | None, rows: Mapping[str, list[Any]]) -> set[str]:
    """Name the routes that show a whole page to `who` (None: a guest), with any of `rows` in their addresses."""
    client = Client()
    if who:
        client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return {route.name for route in all_routes() if any(is_page(client, path) for path in examples(route, rows))}


def is_page(client: Client, path: str) -> bool:
    """Say whether a plain GET answers with a whole page, and from this very address."""
    answer = client.get(path)
    is_html = answer.status_code == 200 and answer.headers.get("Content-Type", "").startswith("text/html")
    return is_html and "<html" in b"".join(answer)[:2000].decode(errors="replace").lower()


def examples(route: Route, rows: Mapping[str, list[Any]]) -> list[str]:
    """Make addresses of a route: a row of the model that it names, or of `rows`, {name in the address: values}."""
    if not route.varying:
        return [reverse(route.name)]
    (varying, *more) = route.varying
    values = rows.get(varying) or primary_keys(route)
    if set(more) - set(WORDS):
        return []
    fixed = {name: WORDS[name] for name in more}
    if varying in WORDS:
        values = [WORDS[varying]]
    return [path for value in values if (path := address_of(route, {varying: value, **fixed}))]


def address_of(route: Route, facts: dict[str, Any]) -> str:
    try:
        path = reverse(route.name, kwargs=facts)
    except NoReverseMatch:
        return ""
    return path if resolve(path).view_name == route.name else ""


def primary_keys(route: Route) -> list[Any]:
    """Return keys of the model whose part of the back office the route is."""
    app, _, rest = route.name.removeprefix("admin:").partition("_")
    try:
        model = apps.get_model(app, rest.partition("_")[0])
    except LookupError:
        model = Member
    return list(model._default_manager.order_by("-pk").values_list("pk", flat=True)[:MOST_ROWS])
