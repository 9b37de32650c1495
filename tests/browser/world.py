"""A shop that shows everything that pages can show."""

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from catalog.models import BlockKind, Category, GoodsSource, HomeBlock, HomePicture, Product, ProductImage, Sku
from catalog.services import add_favourite, bump_catalogue, leave_footprint
from catalog.services.home import lay_out_home
from members.models import Address, Level, Member
from members.services import claw_back_points, earn_points, notify, spend_points
from orders import services as orders
from orders.models import Order, OrderStatus, Redemption
from promotions import services as promotions
from promotions.models import CouponTemplate, ExchangeItem, FlashSale, Promotion, Referral, ReferralCampaign
from promotions.services import FlashItemDraft, TierDraft
from shop.lib.uploads import store_image
from shop.models import ShopSettings, Store
from tests.browser import steps
from tests.factories import make_address, make_category, make_member, make_order, make_product, make_sku, make_store
from tests.promotions.activities import DAY, HOUR, make_flash, make_offer
from tests.promotions.coupons import make_coupon, make_template
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
    coupons: dict[str, CouponTemplate] = field(default_factory=dict)
    address: Address | None = None
    redemption: Redemption | None = None
    exchanges: dict[str, ExchangeItem] = field(default_factory=dict)


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
    member, sku = make_member("小满", phone="13911112222", invite_code="friends234"), goods["few"].skus.get()
    ran = activities(goods, drinks)
    world = World(store=make_store("拱宸桥店"), member=member, sku=sku, goods=goods, **ran)
    world.coupons = make_coupons(goods["many"])
    world.exchanges = fill_points_shop(sku)
    ReferralCampaign.objects.create(
        name="邀请有礼", starts_at=timezone.now(), inviter_points=50, invitee_points=20,
        rules_text="好友第一次注册才算。\n奖励在售后期结束后到账。",
    )  # fmt: skip
    for name, start, end, rate in (("初级", 0, 9_999, 100), ("中级", 10_000, 49_999, 98), ("高级", 50_000, None, 95)):
        Level.objects.create(name=name, min_value=start, max_value=end, discount_rate=rate, free_freight=end is None)
    return world


def fill_points_shop(sku: Sku) -> dict[str, ExchangeItem]:
    """Offer a coupon, goods, and something that is gone for points."""
    coupon = CouponTemplate.objects.create(name="五元券", amount=500, threshold=5_000, issue_mode="reward")
    return {
        "coupon": ExchangeItem.objects.create(name="满 50 减 5 元优惠券", coupon=coupon, points=200, total=100),
        "goods": ExchangeItem.objects.create(name="搪瓷杯", sku=sku, points=1_200, price=990, total=5),
        "gone": ExchangeItem.objects.create(name="一份栗子糕", sku=sku, points=300, total=2, taken=2),
    }


def fill_points(member: Member) -> None:
    """Give the member a level and points of every kind: counted, frozen, spent, owed."""
    now = timezone.now()
    ShopSettings.objects.update(points_expire_months=12)
    Member.objects.filter(pk=member.pk).update(level=Level.objects.get(name="中级"))
    facts: dict[str, Any] = {"member_id": member.pk, "now": now}
    earn_points(points=300, kind="order", source="order:1", note="订单 202603020000000001", **facts)
    earn_points(points=88, kind="order", source="order:2", available_at=now + timedelta(days=15), **facts)
    spend_points(points=280, kind="spend", source="order:3", note="订单 202603020000000003", **facts)
    claw_back_points(
        points=30, earned_kind="order", earned_source="order:1", source="refund:1", note="订单退款", **facts
    )
    for number in range(22):
        earn_points(points=5, kind="review", source=f"review:{number}", **facts)


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
    fill_points(member)
    for goods in world.goods.values():
        add_favourite(member=member, product=goods, now=now)
        leave_footprint(member=member, product_id=goods.pk, now=now)
    for status in ("waiting", "ordered", "doubtful", "rewarded", "refused"):
        friend = make_member(f"好友{status}")
        campaign = ReferralCampaign.objects.get()
        Referral.objects.create(campaign=campaign, inviter=member, invitee=friend, status=status, created_at=now)
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


def hang_pictures(world: World) -> None:
    """Give a product pictures, and the home page banners, an advertisement and goods that were picked."""
    for at, colour in enumerate(["#7fa48f", "#c98b5b", "#5f7f9a"]):
        name = store_image(drawn(colour, (900, 900)))
        ProductImage.objects.create(product=world.goods["many"], image=name, sort_order=at)
    lay_out_home()
    banners = HomeBlock.objects.get(kind=BlockKind.BANNERS)
    wall = HomeBlock.objects.create(kind=BlockKind.PICTURES, sort_order=20)
    for block, title in [(banners, "早春新茶上市"), (banners, "到店自提，不排队"), (wall, "茶具一件也包邮")]:
        name = store_image(drawn("#c9e0d5", (1500, 700)), folder="home")
        HomePicture.objects.create(block=block, title=title, note="湖畔总店现货", image=name)
    picked = HomeBlock.objects.create(kind=BlockKind.GOODS, title="店长挑的", source=GoodsSource.PICKED, sort_order=30)
    picked.picks.create(product=world.goods["few"])
    bump_catalogue()


def drawn(colour: str, size: tuple[int, int]) -> "ContentFile[bytes]":
    """Return a picture of one colour."""
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, "PNG")
    return ContentFile(target.getvalue(), name="picture.png")


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
