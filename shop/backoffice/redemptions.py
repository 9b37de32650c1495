"""What was handed over at the counters: who, where, when, how; and taking it back within ten minutes."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from members.models import Member
from orders import services as orders
from orders.models import Redemption, RedemptionLine, RedemptionWay
from orders.services import pickup_codes, redeeming
from shop.backoffice.arranging import stretches_of
from shop.backoffice.base import ReasonForm, now, posted, staff_of
from shop.backoffice.filters import ChosenFilter, chosen_filter, days_filter
from shop.backoffice.orders.filters import StoreFilter
from shop.backoffice.redemption_export import redemption_export
from shop.backoffice.till import OfOrderAdmin, confirm_page
from shop.backoffice.words import amount, lines_of, moment, word


class StaffFilter(ChosenFilter):
    """The person who handed the goods over."""

    title = "核销员"
    parameter_name = "staff"

    def options(self) -> list[tuple[Any, str]]:
        if not hasattr(self, "people"):
            done = Redemption.objects.of_staff(staff_of(self.request)).filter(staff=OuterRef("pk"))
            people = Member.objects.filter(Exists(done), is_staff=True).order_by("username", "pk")
            self.people = [(one.pk, str(one)) for one in people]
        return self.people


@admin.register(Redemption)
class RedemptionAdmin(OfOrderAdmin):
    list_display = ["number", "goods", "amounts", "buyer", "delivery", "at", "way", "state", "steps"]
    list_select_related = ["order", "order__member", "store", "staff", "undone_by"]
    search_fields = ["order__no"]
    search_help_text = "提货码或订单号"
    list_before_template = "admin/redemptions_head.html"
    list_filter = [
        days_filter("redeemed", "核销日期", "redeemed_at"),
        StoreFilter,
        StaffFilter,
        chosen_filter("way", "方式", RedemptionWay.choices),
        chosen_filter("undone", "状态", [("no", "有效"), ("yes", "已撤销")],
                      lambda typed: Q(undone_at__isnull=typed == "no")),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Redemption]:
        return super().get_queryset(request).prefetch_related("lines__line")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", None)
        if found and "cl" in found:
            listed = found["cl"]
            handed = RedemptionLine.objects.filter(redemption__in=listed.queryset.order_by().filter(undone_at=None))
            found["units"] = handed.aggregate(units=Sum("units"))["units"] or 0
            found |= {"stretches": stretches_of(listed, "redeemed"), "stores": stores_of(listed)}
        return response

    def found(self, typed: str) -> Q:
        digits = "".join(character for character in typed if character.isdigit())
        return Q(order__no__startswith=typed) | Q(order__pickup_code=digits or None)

    def get_urls(self) -> list[URLPattern]:
        gate = self.admin_site.admin_view
        return [
            path("<int:pk>/undo/", gate(undo), name="orders_redemption_undo"),
            path("export/", gate(redemption_export), name="orders_redemption_export"),
            *super().get_urls(),
        ]

    @admin.display(description="订单 / 提货码", ordering="pk")
    def number(self, redemption: Redemption) -> SafeString:
        return lines_of(self.order_link(redemption), pickup_codes.masked(redemption.order.pickup_code))

    @admin.display(description="商品")
    def goods(self, redemption: Redemption) -> str:
        return "；".join(f"{part.line.name} {part.line.spec_text} × {part.units}" for part in redemption.lines.all())

    @admin.display(description="订单金额（元）")
    def amounts(self, redemption: Redemption) -> SafeString:
        return amount(redemption.order.payable_amount)

    @admin.display(description="会员")
    def buyer(self, redemption: Redemption) -> SafeString:
        return lines_of(redemption.order.member.nickname or "未填昵称", redemption.order.member.phone_masked)

    @admin.display(description="门店 / 核销员")
    def delivery(self, redemption: Redemption) -> SafeString:
        return lines_of(redemption.store.name, str(redemption.staff))

    @admin.display(description="核销时间", ordering="redeemed_at")
    def at(self, redemption: Redemption) -> str:
        return moment(redemption.redeemed_at)

    @admin.display(description="状态")
    def state(self, redemption: Redemption) -> SafeString:
        if redemption.undone_at:
            return lines_of(word("", "已撤销", "quiet"), f"{redemption.undone_by}：{redemption.undo_reason}")
        return word("", "有效", "done")

    @admin.display(description="操作")
    def steps(self, redemption: Redemption) -> SafeString | str:
        is_late = now() >= redemption.redeemed_at + timedelta(minutes=redeeming.UNDO_MINUTES)
        if redemption.undone_at or is_late:
            return ""
        url = reverse("admin:orders_redemption_undo", args=[redemption.pk])
        return format_html('<span class="bo-dos"><a class="bo-do bo-do--main" href="{}">撤销</a></span>', url)


def stores_of(listed: Any) -> list[tuple[str, str, bool]]:
    """List `(name, query, whether it is the choice of the moment)` of the stores, to be chosen with one touch."""
    spec = next((one for one in listed.filter_specs if isinstance(one, StoreFilter)), None)
    if spec is None:
        return []
    everywhere = ("全部门店", listed.get_query_string(remove=["store"]), not spec.ticked)
    single = [(name, listed.get_query_string({"store": pk}), spec.ticked == [str(pk)]) for pk, name in spec.options()]
    return [everywhere, *single]


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then take back a redemption; the service says who may and until when."""
    if not staff_of(request).has_perm("orders.redeem_order"):
        raise PermissionDenied
    own = Redemption.objects.of_staff(staff_of(request))
    redemption = get_object_or_404(own.select_related("order"), pk=pk)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            redeeming.undo_redemption(redemption=redemption, by=staff_of(request), reason=reason, now=now())
        except (orders.NotRedeemable, orders.NotOfThisStore) as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"订单 {redemption.order.no} 的核销已撤销，回到待提货")
            return redirect("admin:orders_redemption_changelist")
    hint = "核销后 10 分钟内，本人或有权限的人可以撤销；订单回到待提货，提货码继续有效。"
    title = f"撤销核销 · {redemption.order.no}"
    return confirm_page(request, title, hint, "撤销核销", reverse("admin:orders_redemption_changelist"), form)
