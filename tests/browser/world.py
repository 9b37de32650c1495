"""A shop that shows everything that pages can show."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from catalog.models import Category, Product, Sku
from catalog.services import add_favourite, bump_catalogue, leave_footprint
from members.models import Address, Member
from members.services import notify
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption
from promotions.models import FlashSale, Promotion
from promotions.services import FlashItemDraft, TierDraft
from shop.models import ShopSettings, Store
from tests.browser import steps
from tests.factories import make_address, make_category, make_member, make_order, make_product, make_sku, make_store
from tests.promotions.activities import DAY, HOUR, make_flash, make_offer
from tests.shop.backoffice import make_operator


@dataclass
class World:
    """What the pages show."""

    store: Store
    member: Member
    sku: Sku
    offer: Promotion
    gift_offer: Promotion
    later_flash: FlashSale
    orders: dict[str, Order] = field(default_factory=dict)
    goods: dict[str, Product] = field(default_factory=dict)
    address: Address | None = None
    redemption: Redemption | None = None


def open_world() -> World:
    """A shop with goods of every kind, and two stores: orders of the one are booked for a time of day."""
    headquarters = steps.open_shop(
        pay_at_store_enabled=True, announcement="今天下午四点前下单，傍晚可提。", service_phone="0571-88001234"
    )
    steps.make_slot(headquarters)
    drinks = make_category("茶与饮")
    goods = {
        "many": make_product(
            "高山乌龙茶 " * 6, price=12_800, specs={"口味": ["清香", "浓香"], "规格": ["100 克", "250 克"]},
            sku={"market_price": 15_800}, categories=[drinks], virtual_sold=23_456, brand="山下",
            detail_html="<h2>产地</h2><p>海拔一千二百米。</p><ul><li>春茶</li></ul>", attributes=(("产地", "台州"),),
        ),
        "none": make_product("断货的茶", stock=0, categories=[drinks]),
        "few": make_product("每单两件的茶", categories=[drinks], limit_kind="per_order", limit_units=2, min_units=2),
        "gone": make_product("下架的茶", status="off_shelf"),
    }  # fmt: skip
    goods |= {
        "flash": make_product("抢购的茶", price=9900, stock=10, categories=[drinks]),
        "later": make_product("明天抢的茶", price=8800, stock=10, categories=[drinks]),
    }
    for number in range(22):
        make_product(f"茶点 {number}", price=990, categories=[drinks])
    bump_catalogue()
    member = make_member("小满", phone="13911112222")
    return World(
        store=make_store("拱宸桥店"),
        member=member,
        sku=goods["few"].skus.get(),
        goods=goods,
        **activities(goods, drinks),
    )


def activities(goods: dict[str, Product], drinks: Category) -> dict[str, Any]:
    """What runs: an offer in tiers, one with a gift, a session now and one tomorrow."""
    now, gift = timezone.now(), goods["few"].skus.get()
    window: dict[str, Any] = {"now": now - HOUR, "starts_at": now - HOUR, "ends_at": now + DAY}
    ladder = [TierDraft(10_000, off=1000), TierDraft(20_000, off=2500)]
    flash, later = goods["flash"].skus.get(), goods["later"].skus.get()
    make_flash(FlashItemDraft(flash.pk, 5900, 8, 2), name="午间茶场", rules_text="付款后当天发货。", **window)
    tomorrow: dict[str, Any] = {"now": now, "starts_at": now + DAY, "ends_at": now + DAY + HOUR}
    return {
        "offer": make_offer(
            *ladder,
            name="春茶满减",
            scope_kind="category",
            scope_ids=[drinks.pk],
            rules_text="和优惠券可以一起用。",
            **window,
        ),
        "gift_offer": make_offer(
            TierDraft(16_800, gift_id=gift.pk, gift_change=20), kind="gift", name="满赠", **window
        ),
        "later_flash": make_flash(FlashItemDraft(later.pk, 4900, 8, 1), name="明日场", **tomorrow),
    }


def fill_life(world: World) -> None:
    """Give the member orders in every status, an address, messages, favourites and footprints."""
    now, member, store = timezone.now(), world.member, world.store
    for goods in world.goods.values():
        add_favourite(member=member, product=goods, now=now)
        leave_footprint(member=member, product_id=goods.pk, now=now)
    world.address = make_address(member, receiver_name="王小明", detail="文三路 90 号 2 幢 3 单元 401 室")
    make_address(member, region_code="110101", detail="长安街 1 号")
    sku = world.goods["many"].skus.first()
    assert sku

    def order(key: str, status: str = OrderStatus.PENDING_PAYMENT, **options: object) -> Order:
        items = [(sku, 1), (make_sku("栗子糕"), 2)]
        world.orders[key] = make_order(*items, status=status, member=member, now=now, **options)  # type: ignore[arg-type]
        return world.orders[key]

    order("unpaid")
    ShopSettings.objects.update(auto_accept=False)
    order("unaccepted", OrderStatus.PENDING_ACCEPTANCE)
    ShopSettings.objects.update(auto_accept=True)
    order("preparing", OrderStatus.PREPARING, buyer_remark="请放门口")
    order("shipped", OrderStatus.SHIPPED)
    order("received", OrderStatus.COMPLETED)
    order("cancelled", OrderStatus.CANCELLED)
    order("ready", OrderStatus.READY_FOR_PICKUP, store=store)
    order("offline", OrderStatus.READY_FOR_PICKUP, store=store, pay_channel="offline")
    order("collected", OrderStatus.COMPLETED, store=store)
    refunded = order("refunded", OrderStatus.READY_FOR_PICKUP, store=store)
    line = refunded.lines.order_by("-pk")[0]
    orders.refund_lines(
        order=refunded, units_by_line={line.pk: 1}, restock=True, by=make_operator(), now=now, reason="缺货一件"
    )
    for number in range(3):
        notify(
            member=member,
            scene="paid",
            key=f"{number}",
            title="付款成功",
            body="我们开始为您备货。",
            link="/orders/",
            now=now,
        )
