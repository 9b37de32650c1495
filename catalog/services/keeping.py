"""What members keep of the goods: favourites, which they choose, and footprints, which come by themselves."""

from datetime import datetime, timedelta

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from catalog.models import Favourite, Footprint, Product, ProductStatus
from members.models import Member

MOST_FAVOURITES = 200
MOST_FOOTPRINTS = 100
FOOTPRINTS_KEPT_FOR = timedelta(days=90)


class FavouritesFull(Exception):
    """The member keeps as many as anybody can look through."""

    message = f"最多收藏 {MOST_FAVOURITES} 件商品，先清理一些吧"


def add_favourite(*, member: Member, product: Product, now: datetime) -> None:
    """Keep `product` for the member with its price of now; a second time changes nothing. Raises FavouritesFull."""
    if member.favourites.count() >= MOST_FAVOURITES and not member.favourites.filter(product=product).exists():
        raise FavouritesFull
    favourite = Favourite(member=member, product=product, price_then=product.price_min, added_at=now)
    Favourite.objects.bulk_create([favourite], ignore_conflicts=True)


def remove_favourite(*, member: Member, product_id: int) -> bool:
    """Let go of a favourite; say whether it was one."""
    return bool(member.favourites.filter(product=product_id).delete()[0])


def remove_gone_favourites(member: Member) -> int:
    """Let go of every favourite that cannot be bought any more; return how many."""
    return member.favourites.exclude(product__status=ProductStatus.ON_SALE).delete()[0]


def leave_footprint(*, member: Member, product_id: int, now: datetime) -> None:
    """Note that the member looks at a product of the shop, in one statement."""
    Footprint.objects.bulk_create(
        [Footprint(member=member, product_id=product_id, seen_at=now)],
        update_conflicts=True,
        unique_fields=["member", "product"],
        update_fields=["seen_at"],
    )


def remove_footprints(*, member: Member, product_id: int | None = None) -> int:
    """Forget that the member looked at a product, or at anything at all; return how many."""
    mine = member.footprints.all()
    return (mine if product_id is None else mine.filter(product=product_id)).delete()[0]


def forget_shopper(member: Member) -> None:
    """Forget all that a member kept of the goods."""
    member.favourites.all().delete()
    member.footprints.all().delete()


def forget_footprints(*, now: datetime) -> int:
    """Forget footprints older than FOOTPRINTS_KEPT_FOR and all but the newest MOST_FOOTPRINTS of each member."""
    old, _ = Footprint.objects.filter(seen_at__lt=now - FOOTPRINTS_KEPT_FOR).delete()
    crowded = Footprint.objects.values("member").annotate(kept=Count("pk")).filter(kept__gt=MOST_FOOTPRINTS)
    place = Window(RowNumber(), partition_by=F("member"), order_by=[F("seen_at").desc(), F("pk").desc()])
    placed = Footprint.objects.filter(member__in=crowded.values("member")).annotate(place=place)
    surplus = list(placed.filter(place__gt=MOST_FOOTPRINTS).values_list("pk", flat=True))
    return old + Footprint.objects.filter(pk__in=surplus).delete()[0]
