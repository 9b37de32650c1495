"""I8, I9, I25: stock, and the pictures of goods."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from catalog.models import Sku, StockMoveKind
from orders.models import OrderLine
from shop.audit.findings import Finding, by_query, invariant

ORPHAN_AGE = timedelta(hours=24)

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
    expected="its units were taken from stock once",
    sql="""
    SELECT l.id, l.units, COALESCE(-m.delta, 0)
    FROM orders_orderline l
    LEFT JOIN catalog_stockmove m ON m.kind = 'order' AND m.sku_id = l.sku_id
                                 AND m.source = 'order-line:' || CAST(l.id AS varchar(20))
    WHERE l.units <> COALESCE(-m.delta, 0)
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
    if settings.STORAGES["default"]["BACKEND"] != "django.core.files.storage.FileSystemStorage":
        return []
    root = Path(settings.MEDIA_ROOT)
    named = dict(_named_pictures())
    lost = [
        Finding("I25", table, name, "a file on the disk", "none")
        for name, table in named.items()
        if not (root / name).is_file()
    ]
    kept = set(named) | set(OrderLine.objects.exclude(image="").values_list("image", flat=True).distinct())
    return lost + [
        Finding("I25", "media", name, "a row that names it", "none")
        for name in _old_files(root, now)
        if name not in kept
    ]


def _named_pictures() -> Iterator[tuple[str, str]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = model._default_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True)
                yield from ((name, model._meta.db_table) for name in names if name)


def _old_files(root: Path, now: datetime) -> Iterator[str]:
    for file in sorted(root.rglob("*")):
        if not file.is_file() or _is_thumbnail(file):
            continue
        if now.timestamp() - file.stat().st_mtime > ORPHAN_AGE.total_seconds():
            yield file.relative_to(root).as_posix()


def _is_thumbnail(file: Path) -> bool:
    """Say whether easy-thumbnails made the file: `name.webp.360x360_q82_crop.webp` beside `name.webp`."""
    return len(file.suffixes) > 2
