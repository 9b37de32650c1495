"""Sending a coupon to a million members, against one plain INSERT … SELECT of the same rows on the same database."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from members.models import Member
from promotions import services as promotions
from promotions.models import Coupon, CouponTemplate

MEMBERS = 1_000_000
MOST_TIMES = 4.0
COLUMNS = [field.column for field in Coupon._meta.concrete_fields if not field.primary_key]


def report(members: int = MEMBERS) -> list[str]:
    """Return the seconds of both, with and without telling the members, and how many times as long the push takes."""
    call_command("migrate", verbosity=0)
    boss = Member.objects.create_user("bench", "a-dull-password")
    fill(members)
    template = promotions.save_template(
        template=CouponTemplate(name="满 50 减 5", amount=500, threshold=5000, issue_mode="push"), by=None,
        now=timezone.now(),
    )  # fmt: skip
    sample = promotions.issue(template=template, member=Member.objects.shoppers()[0], source="x", now=timezone.now())
    plain = seconds(lambda: insert_plainly(sample))
    rows = [f"{'coupons':18}{'plain s':>9}{'push s':>9}{'times':>8}{'aim':>6}"]
    for words, tells in (("1 M, silent", False), ("1 M, with message", True)):
        forget()
        push = promotions.start_push(
            template=template, audience={"everybody": True}, tells=tells, by=boss, now=timezone.now()
        )
        took = seconds(lambda: promotions.run_pushes(now=timezone.now() + timedelta(hours=1), seconds=3600))
        push.refresh_from_db()
        if (push.status, push.issued, Coupon.objects.count()) != ("done", members, members):
            raise SystemExit(f"The push is {push.status} and issued {push.issued} of {members}.")
        aim = f"{MOST_TIMES:>5.0f}x" if not tells else ""
        rows.append(f"{words:18}{plain:>9.1f}{took:>9.1f}{took / plain:>7.2f}x{aim}")
    return rows


def fill(members: int) -> None:
    """Make members as they are after signing in by phone; what they would tell is left empty."""
    columns = [field.column for field in Member._meta.concrete_fields if not field.primary_key]
    model = Member.objects.create(password=make_password(None))
    chosen = {"no": "'B' || lpad(n::text, 11, '0')", "phone_index": "md5(n::text)"}
    wanted = ", ".join(chosen.get(str(column), f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    run(
        f"INSERT INTO members_member ({names}) SELECT {wanted} FROM members_member, generate_series(2, %s) AS n"  # noqa: S608
        " WHERE id = %s",
        [members, model.pk],
    )
    run("ANALYZE members_member")


def insert_plainly(sample: Coupon | None) -> None:
    """Write the coupons of everybody in one statement, and take them back."""
    assert sample
    wanted = ", ".join(
        {"member_id": "m.id", "source": "'push:1:' || m.id"}.get(str(column), f'c."{column}"') for column in COLUMNS
    )
    names = ", ".join(f'"{column}"' for column in COLUMNS)
    with transaction.atomic():
        run(
            f"INSERT INTO promotions_coupon ({names}) SELECT {wanted} FROM members_member m, promotions_coupon c"  # noqa: S608
            " WHERE c.id = %s AND NOT m.is_staff",
            [sample.pk],
        )


def forget() -> None:
    """Empty the table of coupons."""
    run("DELETE FROM promotions_coupon")
    run("UPDATE promotions_coupontemplate SET issued = 0")
    run("VACUUM FULL promotions_coupon")


def run(sql: str, parameters: list[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began
