"""A shop that shows everything that pages can show."""

from dataclasses import dataclass, field

from django.utils import timezone

from catalog.models import Product, Sku
from catalog.services import add_favourite, bump_catalogue, leave_footprint
from members.models import Address, Member
from members.services import notify
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption
from promotions import services as promotions
from promotions.models import CouponTemplate
from shop.models import ShopSettings, Store
from tests.browser import steps
from tests.factories import make_address, make_category, make_member, make_order, make_product, make_sku, make_store
from tests.promotions.coupons import make_coupon, make_template
from tests.shop.backoffice import make_operator


@dataclass
class World:
    """What the pages show."""

    store: Store
    member: Member
    sku: Sku
    orders: dict[str, Order] = field(default_factory=dict)
    goods: dict[str, Product] = field(default_factory=dict)
    coupons: dict[str, CouponTemplate] = field(default_factory=dict)
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
    for number in range(22):
        make_product(f"茶点 {number}", price=990, categories=[drinks])
    bump_catalogue()
    member = make_member("小满", phone="13911112222")
    return World(
        store=make_store("拱宸桥店"), member=member, sku=goods["few"].skus.get(), goods=goods,
        coupons=make_coupons(goods["many"]),
    )  # fmt: skip


def make_coupons(product: Product) -> dict[str, CouponTemplate]:
    """Coupons of every look: to take, nearly gone, gone, for VIPs, percent, shared."""
    now = timezone.now()
    made = {
        "free": make_template("进店礼", now=now),
        "percent": make_template(
            "茶叶 8.8 折，名字写得很长很长也不要紧的一张券", kind="percent", percent=88, max_discount=2050,
            scope_kind="product", scope_ids=[product.pk], remark="春茶除外，不找零，最多减 20.5 元。", now=now,
        ),
        "few": make_template("手快有", total=5, now=now),
        "gone": make_template("手慢无", total=1, now=now),
        "vip": make_template("贵宾", vip_only=True, now=now),
        "shared": make_template("请朋友喝茶", issue_mode="share", now=now),
        "over": make_template("上个月的", issue_mode="share", claim_to=now, now=now),
    }  # fmt: skip
    for kind, units in (("few", 4), ("gone", 1)):
        for _ in range(units):
            make_coupon(made[kind], now=now)
    return made


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
    give_coupons(world)
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


def give_coupons(world: World) -> None:
    """Let the member hold coupons in every state."""
    now, member = timezone.now(), world.member
    terms = {
        "soon": {"valid_days": 2}, "later": {"from_next_day": True}, "used": {"threshold": 0, "amount": 1290},
        "old": {},
    }  # fmt: skip
    held = {
        name: make_coupon(make_template("老街坊", now=now, **facts), member=member, now=now)  # type: ignore[arg-type]
        for name, facts in terms.items()
    }
    promotions.spend_coupon(member=member, coupon_id=held["used"].pk, now=now)
    promotions.revoke_coupon(coupon=held["old"], reason="", by=None, now=now)
    promotions.claim(template_id=world.coupons["free"].pk, member=member, now=now)
