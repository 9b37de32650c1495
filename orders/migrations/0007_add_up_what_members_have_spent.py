"""Add up for every member what they have bought so far, and when they came last, as far as the books tell."""

from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import TruncDate

BATCH = 5000
SHANGHAI = ZoneInfo("Asia/Shanghai")


def add_up(apps, schema_editor):
    """Write in batches of members; a run that was broken off may be repeated."""
    Member, Order = apps.get_model("members", "Member"), apps.get_model("orders", "Order")
    paid = Order.objects.filter(member=OuterRef("pk"), paid_at__isnull=False)
    mine = paid.order_by().values("member")
    sums = {
        "spent_amount": Subquery(mine.annotate(sum=Sum(F("paid_amount") - F("refunded_amount"))).values("sum")),
        "paid_orders": Subquery(mine.annotate(count=Count("pk", filter=~Q(refund_status="full"))).values("count")),
        "last_paid_at": Subquery(mine.annotate(last=Max("paid_at")).values("last")),
    }
    last = 0
    while pks := list(Member.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        part = Member.objects.filter(pk__gte=pks[0], pk__lte=pks[-1])
        part.filter(Exists(paid)).update(**sums)
        came = part.filter(last_visit_on=None, is_staff=False)
        came.filter(last_login__isnull=False).update(last_visit_on=TruncDate("last_login", tzinfo=SHANGHAI))
        bought = came.filter(last_paid_at__isnull=False)
        bought.update(last_visit_on=TruncDate("last_paid_at", tzinfo=SHANGHAI))
        last = pks[-1]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("members", "0007_run_segments_and_keep_exports_for_a_week"),
        ("orders", "0006_record_what_offers_coupons_and_points_did"),
    ]

    operations = [migrations.RunPython(add_up, migrations.RunPython.noop)]
