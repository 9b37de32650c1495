"""The staff of a shop, signed in to the back office, for its tests."""

import re
from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from catalog.selectors import shop_name
from members.models import Member
from orders.models import Order
from shop.backoffice.permissions import CLERK, OPERATOR
from shop.models import Store
from tests.factories import make_staff, make_store


def make_worker(role: str, *stores: Store, **fields: Any) -> Member:
    """Make a member of the staff with a role of the matrix."""
    worker = make_staff(stores=list(stores), **fields)
    worker.groups.set([Group.objects.get(name=role)])
    return worker


def headquarters() -> Store:
    return Store.objects.filter(is_headquarters=True).first() or make_store("总店", is_headquarters=True)


def make_operator() -> Member:
    return make_worker(OPERATOR, headquarters())


def make_clerk(store: Store) -> Member:
    return make_worker(CLERK, store)


def signed_in(staff: Member) -> Client:
    """Return the browser of a worker at a process that knows the name of the shop, as one does that served a page."""
    shop_name()
    client = Client()
    client.force_login(staff)
    return client


def action_url(order: Order, name: str) -> str:
    return f"/admin/orders/order/{order.pk}/do/{name}/"


def do(client: Client, order: Order, name: str, **facts: Any) -> Any:
    """Press the button of an action and send its form."""
    return client.post(action_url(order, name), facts)


def page_of(order: Order) -> str:
    return f"/admin/orders/order/{order.pk}/change/"


def text_of(response: Any) -> str:
    """Return what a person reads on a page, without tags and with single spaces."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class Inputs(HTMLParser):
    """Collects what a browser would send of a page's inputs, as they stand."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        is_off = facts.get("type") in {"checkbox", "radio"} and "checked" not in facts
        if tag == "input" and facts.get("name") and facts.get("type") != "file" and not is_off:
            self.found[str(facts["name"])] = facts.get("value") or ("on" if facts.get("type") == "checkbox" else "")


def hidden_fields(response: Any) -> dict[str, str]:
    """Return the values of all inputs of a page's forms, as a browser would send them again."""
    inputs = Inputs()
    inputs.feed(response.content.decode())
    return inputs.found


class SentFields(HTMLParser):
    """Collects everything that a browser would send of a page: {name: [value, …]}."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.within = ""  # the name of the textarea or select that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        name, value = str(facts.get("name") or ""), facts.get("value") or ""
        if tag in {"textarea", "select"}:
            self.within = name
            self.found.setdefault(name, [""] if tag == "textarea" else [])
        elif tag == "option" and self.within and ("selected" in facts or not self.found[self.within]):
            self.found[self.within] = [value]
        elif tag == "input" and name and "disabled" not in facts and is_sent(facts):
            self.found.setdefault(name, []).append(value or ("on" if facts.get("type") == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"textarea", "select"}:
            self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within and self.lasttag == "textarea":
            self.found[self.within] = [self.found[self.within][0] + data.removeprefix("\n")]


def is_sent(facts: dict[str, str | None]) -> bool:
    """Say whether a browser sends an input that nobody touches."""
    kind = facts.get("type")
    return kind not in {"file", "submit"} and not (kind in {"checkbox", "radio"} and "checked" not in facts)


def sent_fields(response: Any) -> dict[str, list[str]]:
    """Return what a browser would send of a page, by name."""
    fields = SentFields()
    fields.feed(response.content.decode())
    return fields.found
