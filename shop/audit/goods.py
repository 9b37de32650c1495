"""I8, I9, I25: stock, and the pictures of goods."""

from datetime import datetime, time
from pathlib import Path

from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone

from catalog.models import Sku, StockMoveKind
from shop import pictures
from shop.audit.findings import Finding, by_query, invariant

by_query(
    "I8",
    table="catalog_sku",
    expected="stock = sum of its moves, never negative",
    sql="""
    SELECT s.id, s.stock, COALESCE(m.total, 0)
    FROM catalog_sku s
    LEFT JOIN (SELECT sku_id, SUM(delta) AS total FROM catalog_stockmove GROUP BY sku_id) m ON m.sku_id = s.id
    WHERE s.stock <> COALESCE(m.total, 0) OR s.stock < 0
    """,
)
by_query(
    "I8",
    table="orders_orderline",
    expected="its units were taken from stock once; gifts and flash pieces have a stock of their own",
    sql="""
    SELECT l.id, l.units, COALESCE(-m.delta, 0)
    FROM orders_orderline l
    LEFT JOIN catalog_stockmove m ON m.kind = 'order' AND m.sku_id = l.sku_id
                                 AND m.source = 'order-line:' || CAST(l.id AS varchar(20))
    WHERE COALESCE(-m.delta, 0) <> CASE WHEN l.flash_item_id IS NULL AND l.gift_tier_id IS NULL THEN l.units ELSE 0 END
    """,
)
by_query(
    "I8",
    table="orders_orderline",
    expected="given back to stock = cancelled at most, plus what the buyer returned",
    sql="""
    SELECT l.id, l.units, COALESCE(c.delta, 0) + COALESCE(r.delta, 0)
    FROM orders_orderline l
    LEFT JOIN catalog_stockmove c ON c.kind = 'cancel' AND c.sku_id = l.sku_id
                                 AND c.source = 'order-line:' || CAST(l.id AS varchar(20))
    LEFT JOIN (SELECT rl.line_id, SUM(m.delta) AS delta
               FROM orders_refundline rl
               JOIN catalog_stockmove m ON m.kind = 'refund' AND m.source = 'refund-line:' || CAST(rl.id AS varchar(20))
               GROUP BY rl.line_id) r ON r.line_id = l.id
    WHERE COALESCE(c.delta, 0) + COALESCE(r.delta, 0) > l.units OR COALESCE(c.delta, 0) < 0 OR COALESCE(r.delta, 0) < 0
    """,
)


@invariant("I9")
def daily_stock_is_not_oversold(now: datetime) -> list[Finding]:
    """Today a SKU with daily stock sold no more than that, what came back today and what people added."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(now), time.min))
    today = Q(moves__at__gte=midnight)
    skus = Sku.objects.filter(daily_stock__isnull=False).annotate(
        sold=Sum("moves__delta", filter=today & Q(moves__kind=StockMoveKind.ORDER), default=0),
        others=Sum(
            "moves__delta",
            filter=today & Q(moves__delta__gt=0) & ~Q(moves__kind__in=[StockMoveKind.ORDER, StockMoveKind.DAILY]),
            default=0,
        ),
        before=Sum("moves__delta", filter=Q(moves__at__lt=midnight), default=0),
    )
    rows = skus.order_by("pk").values_list("pk", "daily_stock", "before", "others", "sold")
    return [
        Finding("I9", "catalog_sku", str(pk), f"at most {allowed} sold today", str(-sold))
        for pk, daily, before, others, sold in rows
        if -sold > (allowed := max(daily or 0, before) + others)
    ]


@invariant("I25")
def pictures_and_files_match(now: datetime) -> list[Finding]:
    """Every picture that a row names lies on the disk, and no file older than a day is without a row."""
    if not pictures.are_on_disk():
        return []
    root = Path(settings.MEDIA_ROOT)
    lost = [
        Finding("I25", table, name, "a file on the disk", "none")
        for name, table in pictures.named_pictures().items()
        if not (root / name).is_file()
    ]
    orphans = pictures.find_orphans(now=now)
    return lost + [Finding("I25", "media", name, "a row that names it", "none") for name in orphans]
