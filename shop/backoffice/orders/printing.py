"""Paper: a slip for the parcel or the bag of each order, and a list by which the goods of several are picked."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from orders.models import Order, OrderLine
from shop.backoffice.base import ReasonForm, log, now, posted, staff_of
from shop.lib.qrcodes import data_uri
from shop.models import ShopSettings

MOST_ORDERS = 200
KINDS = {"slip": "小票", "pick": "配货单"}
PAPERS = {"58": "58 毫米热敏纸", "a4": "A4 纸"}
ROLL_LENGTHS = (120, 160, 210, 300)  # millimetres of thermal paper; static/css/backoffice.css has a page for each
HEAD, GAP, ROW = 92, 3, 4.5  # millimetres: all but the lines, around a line, a row of its text
ROW_CHARACTERS = 13


@dataclass(slots=True)
class Pick:
    """A SKU to fetch: how many in all, and how many for which order."""

    line: OrderLine
    units: int = 0
    shares: list[tuple[Order, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slip:
    """One order on paper; `left` are the goods that are still to be handed over or sent, with their units."""

    order: Order
    left: list[tuple[OrderLine, int]]
    qr: str

    @property
    def lines(self) -> list[tuple[OrderLine, int]]:
        """What stands on the slip: the goods that are left, or all of them when none are."""
        return self.left or [(line, line.units) for line in self.order.lines.all()]

    @property
    def length(self) -> int:
        """The shortest roll page, in millimetres, that holds the slip; a longer one goes on to a second page."""
        texts = [(line.name, line.spec_text) for line, _ in self.lines]
        remark = [("买家留言：" + self.order.buyer_remark, "")] if self.order.buyer_remark else []
        wanted = HEAD + sum(GAP + ROW * (rows_of(name) + rows_of(spec)) for name, spec in [*texts, *remark])
        return next((length for length in ROLL_LENGTHS if length >= wanted), ROLL_LENGTHS[-1])


def rows_of(text: str) -> int:
    """How many rows `text` takes on thermal paper, at most."""
    return -(-len(text) // ROW_CHARACTERS)


def print_page(request: HttpRequest) -> HttpResponse:
    """Show what to print of the orders `ids`, as `kind` on `paper`. A POST with a reason shows receivers in clear.

    Queries: session, person, stores; orders, lines, settings.
    """
    staff = staff_of(request)
    if not staff.has_perm("orders.view_order"):
        raise PermissionDenied
    orders = _orders_of(request)
    if not orders:
        messages.error(request, f"没有可以打印的订单。请在列表里勾选订单，一次最多 {MOST_ORDERS} 单。")
        return redirect("admin:orders_order_changelist")
    may_reveal = staff.has_perm("orders.reveal_personal_data")
    form = ReasonForm(posted(request)) if may_reveal else None
    revealed = form is not None and request.method == "POST" and form.is_valid()
    if form and revealed:
        for order in orders:
            log(request, "reveal_order", order, summary=f"打印明文 {order.no}", after=form.cleaned_data)
    kind, paper = _chosen(request.GET, "kind", KINDS), _chosen(request.GET, "paper", PAPERS)
    slips = [_slip_of(order) for order in orders]
    context = {
        "title": KINDS[kind],
        "kind": kind,
        "paper": paper,
        "choices": _choices(orders, kind, paper),
        "slips": slips,
        "picks": picks_of(slips),
        "shop": ShopSettings.load(),
        "printed_at": now(),
        "revealed": revealed,
        "form": form if kind == "slip" and not revealed else None,
    }
    response = TemplateResponse(request, "admin/orders/print.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _orders_of(request: HttpRequest) -> list[Order]:
    """Return the orders of the address, no more than MOST_ORDERS and only those of the person's stores."""
    typed = ",".join(request.GET.getlist("ids")).split(",")
    wanted = [int(part) for part in typed if part.isdecimal() and len(part) < 18][:MOST_ORDERS]
    mine = Order.objects.of_staff(staff_of(request)).select_related("store", "member")
    lines = Prefetch("lines", OrderLine.objects.order_by("pk"))
    return list(mine.filter(pk__in=wanted).prefetch_related(lines).order_by("pickup_day", "pickup_window", "pk"))


def _slip_of(order: Order) -> Slip:
    left = [(line, line.units_left) for line in order.lines.all() if line.units_left]
    return Slip(order, left, data_uri(order.no))


def picks_of(slips: Iterable[Slip]) -> list[Pick]:
    """Sum up equal SKUs that are still in the shop over the orders, in the order of their codes and names."""
    picks: dict[int, Pick] = {}
    for slip in slips:
        for line, units in slip.left:
            pick = picks.setdefault(line.sku_id, Pick(line))
            pick.units += units
            pick.shares.append((slip.order, units))
    return sorted(picks.values(), key=lambda pick: (pick.line.code, pick.line.name, pick.line.sku_id))


def _chosen(query: QueryDict, name: str, choices: dict[str, str]) -> str:
    typed = query.get(name, "")
    return typed if typed in choices else next(iter(choices))


def _choices(orders: list[Order], kind: str, paper: str) -> list[tuple[str, str, bool]]:
    """List `(address, label, is current)` of every kind on every paper, for the same orders."""
    ids = ",".join(str(order.pk) for order in orders)
    return [
        (f"?ids={ids}&kind={one}&paper={sheet}", f"{label} · {PAPERS[sheet]}", (one, sheet) == (kind, paper))
        for one, label in KINDS.items()
        for sheet in PAPERS
    ]


PAGES = [("orders/order/print/", print_page, "orders_order_print")]
