"""Reading from a checkout's form or address what is bought, and what the shopper picked to make it cheaper."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from members.views.access import MemberRequest
from orders.services import bargaining, cart
from orders.services.bargaining import NORMAL_DEAL, Deal, Wish
from orders.services.refusals import NotForSale
from orders.views.access import cart_owner
from orders.views.cart import whole_number
from promotions import pricing
from promotions.models import ExchangeItem, FlashItem

DIRECT = ("sku", "flash", "exchange")  # names of what is bought without the cart


@dataclass(frozen=True, slots=True)
class Bought:
    """A basket, the kind of deal it is, and what the shopper wishes.

    `carried` are the hidden fields by which the form finds the same basket again. Unless they `picks_coupon` the page
    proposes the best one.
    """

    basket: cart.Cart
    deal: Deal
    wish: Wish
    picks_coupon: bool
    carried: Mapping[str, int]

    @property
    def is_direct(self) -> bool:
        """Say whether it is bought straight from a page, past the cart."""
        return bool(self.carried)


def read(request: MemberRequest, asked: Mapping[str, Any], now: datetime) -> Bought:
    """Read what is bought: one SKU straight from its page, an entry of a sale, or what is selected in the cart.

    Raises NotForSale when the sale or the exchange is over.
    """
    wish = wish_of(asked)
    units = max(whole_number(asked, "units", default=1), 1)
    sku_id = _sku_of(wish) or whole_number(asked, "sku")
    if not sku_id:
        return Bought(cart.only_selected(cart.show(cart_owner(request))), NORMAL_DEAL, wish, "coupon" in asked, {})
    basket = cart.show_one(member=request.user, sku_id=sku_id, units=units)
    deal = bargaining.deal_of(wish, member=request.user, units_by_sku={sku_id: units}, now=now)
    carried = {name: number for name in DIRECT if (number := whole_number(asked, name))} | {"units": units}
    return Bought(_at_its_price(basket, deal), deal, wish, "coupon" in asked, carried)


def wish_of(asked: Mapping[str, Any]) -> Wish:
    """Read coupon, points and offers as they were picked; what makes no sense counts as not picked."""
    choices = {kind: whole_number(asked, f"offer-{kind}") for kind in pricing.KINDS if asked.get(f"offer-{kind}")}
    return Wish(
        coupon_id=whole_number(asked, "coupon") or None,
        points=whole_number(asked, "points"),
        choices=choices,
        flash=whole_number(asked, "flash") or None,
        exchange=whole_number(asked, "exchange") or None,
    )


def _sku_of(wish: Wish) -> int:
    """Return the SKU of the entry that is bought, 0 for none. Raises NotForSale for one that does not exist."""
    if not wish.flash and not wish.exchange:
        return 0
    rows = FlashItem.objects if wish.flash else ExchangeItem.objects
    sku_id = rows.filter(pk=wish.flash or wish.exchange or 0).values_list("sku_id", flat=True).first()
    if sku_id is None:
        raise NotForSale("这个活动已经不在了，看看别的吧")
    return int(sku_id)


def _at_its_price(basket: cart.Cart, deal: Deal) -> cart.Cart:
    """Return the basket at the price of its deal, where that is not the site price."""
    if not deal.flash and not deal.exchange:
        return basket
    price = deal.flash.price if deal.flash else deal.exchange.price if deal.exchange else 0
    lines = [
        replace(line, price=price, member_price=0, item=replace(line.item, site_price=price)) for line in basket.lines
    ]
    return replace(basket, lines=lines, goods_amount=sum(line.amount for line in lines))
