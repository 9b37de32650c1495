"""The forms of a session of the flash sale: its terms, one row per SKU, and what turns them into a draft."""

from typing import Any
from uuid import uuid4

from django import forms
from django.forms import formset_factory
from django.http import HttpRequest, QueryDict

from catalog.models import Sku
from promotions import services as promotions
from promotions.models import FlashItem, FlashSale
from promotions.selectors.flash import MOST_EARLY
from promotions.services.drafts import MOST_ITEMS
from shop.backoffice.activities import picks
from shop.backoffice.activities.offer_forms import MOST_NUMBER, MomentField
from shop.backoffice.base import WORDING_REASON, BackofficeForm
from shop.backoffice.wording import WordingMixin
from shop.lib.money import YuanFormField

PLAIN = ["name", "starts_at", "ends_at", "vip_early_minutes", "rules_text"]


class FlashForm(WordingMixin, BackofficeForm):
    """What is true of all goods of a session."""

    wording_fields = ["name", "rules_text"]

    name = forms.CharField(label="场次名称", max_length=30, help_text="顾客看得到，例如“周末午间场”。")
    starts_at = MomentField(label="开始时间")
    ends_at = MomentField(label="结束时间", help_text="到时没卖完的自动回到商品库存。")
    vip_early_minutes = forms.IntegerField(
        label="VIP 提前（分钟）", initial=0, min_value=0, max_value=MOST_EARLY,
        help_text="VIP 会员比别人早多少分钟可以买；0 表示一样。",
    )  # fmt: skip
    rules_text = forms.CharField(
        label="活动说明", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="显示在抢购页上，例如“付款后当天发货”。",
    )  # fmt: skip
    submission = forms.CharField(widget=forms.HiddenInput, max_length=40)

    @property
    def terms(self) -> list[forms.BoundField]:
        """When it runs, and for whom earlier."""
        return [self[name] for name in ("starts_at", "ends_at", "vip_early_minutes")]


class ItemForm(BackofficeForm):
    """One SKU of a session."""

    sku = forms.IntegerField(widget=forms.HiddenInput)
    price = YuanFormField(label="抢购价（元）", min_fen=1)
    quota = forms.IntegerField(label="数量", min_value=1, max_value=MOST_NUMBER)
    per_member = forms.IntegerField(label="每人限购", initial=1, min_value=1, max_value=MOST_NUMBER)
    drop = forms.BooleanField(label="移出", required=False)


ItemFormSet = formset_factory(ItemForm, extra=0, max_num=MOST_ITEMS, absolute_max=MOST_ITEMS, validate_max=True)
ITEM_FIELDS = ["sku", "price", "quota", "per_member"]


class FlashSheet:
    """The page of one session, as it was opened or sent. Every button sends all of it; one saves."""

    def __init__(self, request: HttpRequest, sale: FlashSale | None, *, copied: FlashSale | None = None) -> None:
        self.post: QueryDict | None = request.POST if request.method == "POST" else None
        self.sale = sale
        self.step = self.post.get("step", "") if self.post else ""
        self.find = self.post.get("find", "").strip()[:50] if self.post else ""
        if self.post is None:
            self._open(sale or copied)
        else:
            self._read(self.post)
        self._name_rows()
        chosen = [form.known.pk for form in self.items.forms if form.known]
        self.found = picks.skus(self.find, leaving_out=chosen) if self.step in {"find", "add"} else []

    @property
    def is_sent(self) -> bool:
        """Whether the page was sent to be saved."""
        return self.post is not None and not self.step

    def is_valid(self) -> bool:
        """Judge all parts, so that every mistake shows at once; rows that are to go are not looked at."""
        return all([self.fact.is_valid(), *[form.is_valid() for form in self.kept]])

    @property
    def kept(self) -> list[Any]:
        """The rows that are to stay."""
        return [form for form in self.items.forms if not form["drop"].data]

    @property
    def submission(self) -> str:
        """The name of the form, by which a second click is known."""
        return str(self.fact.cleaned_data["submission"])

    def draft(self) -> promotions.FlashDraft:
        """Turn a valid page into a draft."""
        facts = self.fact.cleaned_data
        rows = [form.cleaned_data for form in self.kept]
        items = [promotions.FlashItemDraft(row["sku"], row["price"], row["quota"], row["per_member"]) for row in rows]
        return promotions.FlashDraft(**{name: facts[name] for name in PLAIN}, items=tuple(items))

    def place(self, problem: promotions.Problem) -> None:
        """Put a sentence at its field, or at the head of the page when no field has that name."""
        if problem.row is not None and problem.field in ITEM_FIELDS:
            self.kept[problem.row].add_error(problem.field, problem.sentence)
        else:
            self.fact.add_error(problem.field if problem.field in self.fact.fields else None, problem.sentence)

    def _open(self, shown: FlashSale | None) -> None:
        facts = {name: getattr(shown, name) for name in PLAIN} if shown else {}
        if shown and self.sale is None:
            facts |= {"name": f"{shown.name} 副本"[:30], "starts_at": None, "ends_at": None}
        self.fact = FlashForm(initial=facts | {"submission": uuid4().hex})
        rows = [_item_facts(item) for item in shown.items.order_by("pk")] if shown else []
        self.items: Any = ItemFormSet(prefix="items", initial=rows)

    def _read(self, post: QueryDict) -> None:
        """Show what was sent; forms are bound only when it is to be saved."""
        if not self.step:
            self.fact, self.items = FlashForm(post), ItemFormSet(post, prefix="items")
            return
        names = [*PLAIN, "submission", WORDING_REASON]
        self.fact = FlashForm(initial={name: post.get(name, "") for name in names})
        rows = _typed_rows(post)
        if self.step == "add":
            known = {str(row["sku"]) for row in rows}
            rows += [{"sku": pk, "per_member": 1} for pk in picks.numbers(post, "add") if str(pk) not in known]
        self.items = ItemFormSet(prefix="items", initial=rows[:MOST_ITEMS])

    def _name_rows(self) -> None:
        """Put beside every row the SKU that it is about, if there is one."""
        ids = [str(form["sku"].value() or "") for form in self.items.forms]
        numbers = [int(text) for text in ids if text.isdecimal() and len(text) < 18]
        known = Sku.objects.select_related("product").in_bulk(numbers)
        taken = dict(self.sale.items.values_list("sku_id", "taken")) if self.sale else {}
        for form, text in zip(self.items.forms, ids, strict=True):
            form.known = known.get(int(text)) if text.isdecimal() and len(text) < 18 else None
            form.name = picks.sku_name(form.known) if form.known else "商品已不存在，请移出"
            form.taken = taken.get(form.known.pk, 0) if form.known else 0


def _item_facts(item: FlashItem) -> dict[str, Any]:
    return {"sku": item.sku_id, "price": item.price, "quota": item.quota, "per_member": item.per_member}


def _typed_rows(post: QueryDict) -> list[dict[str, Any]]:
    """Return the rows as they were typed, to be shown again without judging them; those to be dropped are gone."""
    total = post.get("items-TOTAL_FORMS", "")
    count = min(int(total), MOST_ITEMS) if total.isdecimal() and len(total) < 4 else 0
    rows = [{name: post.get(f"items-{at}-{name}", "") for name in [*ITEM_FIELDS, "drop"]} for at in range(count)]
    return [row for row in rows if not row.pop("drop")]
