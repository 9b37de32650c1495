"""Coupons of members: issued, spent, given back, taken back, expired; nothing is written when something is refused."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from catalog.services import OutOfStock
from members import services as members
from members.models import Level, Message
from promotions import pricing, selectors
from promotions import services as promotions
from promotions.models import Coupon, CouponCode, CouponTemplate
from shop.lib.throttle import TooManyTries
from tests.factories import NOON, make_member
from tests.promotions.coupons import make_coupon, make_template

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def shanghai(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def counters() -> tuple[int, int]:
    template = CouponTemplate.objects.get()
    return template.issued, template.used


# --- Issuing ----------------------------------------------------------------------------------------------------------


def test_a_coupon_freezes_the_terms_it_was_issued_under() -> None:
    template = make_template(scope_kind="category", scope_ids=[7], remark="说明")

    coupon = make_coupon(template)

    assert (coupon.name, coupon.amount, coupon.threshold, coupon.scope_ids) == ("满 50 减 5", 500, 5000, [7])
    assert (coupon.status, coupon.issued_at, counters()) == ("unused", NOON, (1, 0))
    assert selectors.coupon_terms(coupon) == pricing.CouponTerms(
        id=coupon.pk, name="满 50 减 5", amount=500, percent=0, threshold=5000,
        scope=pricing.Scope("category", frozenset({7})),
    )  # fmt: skip


def test_the_same_source_gives_one_coupon() -> None:
    template, member = make_template(per_member=9), make_member()
    issue: dict[str, Any] = {"template": template, "member": member, "source": "order:1", "now": NOON}

    first, second = promotions.issue(**issue), promotions.issue(**issue)

    assert (first is None, second, counters()) == (False, None, (1, 0))


def test_the_quota_ends_it() -> None:
    template = make_template(total=2)
    for _ in range(2):
        make_coupon(template)

    with pytest.raises(promotions.CouponNotIssued, match="抢光"):
        make_coupon(template)

    assert (counters(), Coupon.objects.count()) == ((2, 0), 2)


def test_a_member_takes_as_many_as_one_may() -> None:
    template, member = make_template(per_member=2), make_member()
    for _ in range(2):
        promotions.claim(template_id=template.pk, member=member, now=NOON)

    with pytest.raises(promotions.CouponNotIssued, match="每人限领 2 张，您已经领过了"):
        promotions.claim(template_id=template.pk, member=member, now=NOON)

    assert promotions.claim(template_id=template.pk, member=make_member(), now=NOON)
    assert counters() == (3, 0)


def test_the_limit_counts_what_came_by_other_ways_and_what_was_spent() -> None:
    template, member = make_template(per_member=2), make_member()
    coupon = make_coupon(template, member=member, source="push:1:1")
    promotions.spend_coupon(member=member, coupon_id=coupon.pk, now=NOON)

    promotions.claim(template_id=template.pk, member=member, now=NOON)

    with pytest.raises(promotions.CouponNotIssued):
        promotions.claim(template_id=template.pk, member=member, now=NOON)


def test_without_a_limit_only_the_source_counts() -> None:
    template, member = make_template(per_member=0), make_member()

    for number in range(5):
        make_coupon(template, member=member, source=f"order:{number}")

    assert counters() == (5, 0)


def test_coupons_for_levels_and_vips_are_for_them_alone() -> None:
    gold = Level.objects.create(name="金卡", min_value=0)
    for_gold, for_vip = make_template(level_ids=[gold.pk]), make_template(vip_only=True)
    plain, golden, vip = make_member(), make_member(level=gold), make_member(is_vip=True)

    for template, stranger in ((for_gold, plain), (for_gold, vip), (for_vip, plain), (for_vip, golden)):
        with pytest.raises(promotions.CouponNotIssued, match="只发给"):
            make_coupon(template, member=stranger)

    assert make_coupon(for_gold, member=golden)
    assert make_coupon(for_vip, member=vip)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"claim_from": NOON + DAY}, "还没到领取时间"),
        ({"claim_to": NOON}, "领取结束"),
        ({"scope_kind": "product"}, "还没有准备好"),
    ],
)
def test_outside_its_time_nothing_is_issued(terms: dict[str, Any], words: str) -> None:
    template = make_template(**terms)

    with pytest.raises(promotions.CouponNotIssued, match=words):
        make_coupon(template)

    assert (counters(), Coupon.objects.count()) == ((0, 0), 0)


def test_only_what_is_there_to_be_taken_can_be_claimed() -> None:
    pushed, shared = make_template(issue_mode="push"), make_template(issue_mode="share")

    for pk in (pushed.pk, shared.pk, 999):
        with pytest.raises(Http404):
            promotions.claim(template_id=pk, member=make_member(), now=NOON)


def test_a_shared_coupon_is_taken_by_its_link() -> None:
    template, member = make_template(issue_mode="share"), make_member()

    coupon = promotions.claim_shared(token=template.share_token or "", member=member, now=NOON)

    assert (coupon.member, coupon.issue_mode) == (member, "share")
    with pytest.raises(promotions.CouponNotIssued):
        promotions.claim_shared(token=template.share_token or "", member=member, now=NOON)
    with pytest.raises(Http404):
        promotions.claim_shared(token="guess", member=member, now=NOON)


# --- Validity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "at", "begins", "last"),
    [
        ({"valid_days": 1}, "2026-03-02T09:30", "2026-03-02T09:30", "2026-03-02T23:59:59"),
        ({"valid_days": 7}, "2026-03-02T23:59:59", "2026-03-02T23:59:59", "2026-03-08T23:59:59"),
        ({"valid_days": 7}, "2026-03-03T00:00", "2026-03-03T00:00", "2026-03-09T23:59:59"),
        ({"valid_days": 2, "from_next_day": True}, "2026-12-31T12:00", "2027-01-01T00:00", "2027-01-02T23:59:59"),
        (
            {"validity_kind": "fixed", "valid_from": date(2026, 3, 5), "valid_to": date(2026, 3, 6)},
            "2026-03-02T09:30", "2026-03-05T00:00", "2026-03-06T23:59:59",
        ),
    ],
)  # fmt: skip
def test_a_coupon_is_good_until_the_last_second_in_shanghai(
    terms: dict[str, Any], at: str, begins: str, last: str
) -> None:
    coupon = make_coupon(make_template(**terms), now=shanghai(at))

    assert (coupon.valid_from, coupon.last_moment) == (shanghai(begins), shanghai(last))
    assert coupon.is_valid_at(shanghai(last))
    assert not coupon.is_valid_at(shanghai(last) + timedelta(seconds=1))
    assert not coupon.is_valid_at(shanghai(begins) - timedelta(seconds=1))


def test_a_coupon_is_spent_in_its_last_second_and_not_in_the_next() -> None:
    template = make_template(valid_days=1)
    first, second = make_coupon(template), make_coupon(template)
    last = shanghai("2026-03-02T23:59:59")

    promotions.spend_coupon(member=first.member, coupon_id=first.pk, now=last)

    with pytest.raises(promotions.CouponNotUsable, match="已经过期"):
        promotions.spend_coupon(member=second.member, coupon_id=second.pk, now=last + timedelta(seconds=1))


# --- Spending ---------------------------------------------------------------------------------------------------------


def test_a_coupon_is_spent_once() -> None:
    coupon = make_coupon()
    spend: dict[str, Any] = {"member": coupon.member, "coupon_id": coupon.pk, "now": NOON}

    spent = promotions.spend_coupon(**spend)

    assert (spent.status, spent.used_at, counters()) == ("used", NOON, (1, 1))
    with pytest.raises(promotions.CouponNotUsable, match="已经用过了"):
        promotions.spend_coupon(**spend)
    assert counters() == (1, 1)


def test_what_is_foreign_revoked_early_or_for_groups_is_not_spent() -> None:
    mine = make_member()
    foreign, revoked = make_coupon(), make_coupon(member=mine)
    promotions.revoke_coupon(coupon=revoked, reason="", by=None, now=NOON)
    early = make_coupon(make_template(from_next_day=True), member=mine)
    for_groups = make_coupon(make_template(issue_mode="group"), member=mine)

    for coupon, words in (
        (foreign, "不能用在这个订单上"),
        (revoked, "已经作废"),
        (early, "还没到可用时间"),
        (for_groups, "不能用在这个订单上"),
    ):
        with pytest.raises(promotions.CouponNotUsable, match=words):
            promotions.spend_coupon(member=mine, coupon_id=coupon.pk, now=NOON)

    assert Coupon.objects.filter(status="used").count() == 0
    assert promotions.spend_coupon(member=mine, coupon_id=for_groups.pk, now=NOON, for_group=True)


def test_an_order_that_fails_after_spending_leaves_the_coupon_unused() -> None:
    coupon = make_coupon()

    @transaction.atomic
    def place_in_vain() -> None:
        promotions.spend_coupon(member=coupon.member, coupon_id=coupon.pk, now=NOON)
        raise OutOfStock(1)

    with pytest.raises(OutOfStock):
        place_in_vain()

    coupon.refresh_from_db()
    assert (coupon.status, counters()) == ("unused", (1, 0))


@pytest.mark.parametrize(("days", "status"), [(1, "unused"), (40, "expired")])
def test_a_coupon_comes_back_unused_or_expired_and_only_once(days: int, status: str) -> None:
    coupon = make_coupon()
    promotions.spend_coupon(member=coupon.member, coupon_id=coupon.pk, now=NOON)

    for _ in range(2):
        promotions.give_back_coupon(coupon=coupon, now=NOON + days * DAY)

    coupon.refresh_from_db()
    assert (coupon.status, coupon.used_at, counters()) == (status, None, (1, 0))


def test_what_an_order_gave_is_taken_back_unless_it_was_spent() -> None:
    template = make_template(issue_mode="order_completed", per_member=0)
    other = make_template(issue_mode="order_completed", per_member=0)
    member = make_member()
    mine = promotions.issue_by_mode(mode="order_completed", member=member, source="order:1", now=NOON)
    kept = promotions.issue_by_mode(mode="order_completed", member=member, source="order:2", now=NOON)
    promotions.spend_coupon(member=member, coupon_id=mine[0].pk, now=NOON)

    count = promotions.revoke_of_source(source="order:1", now=NOON)

    assert ([one.template for one in mine], count) == ([template, other], 1)
    assert {one.pk: one.status for one in Coupon.objects.all()} == {
        mine[0].pk: "used", mine[1].pk: "revoked", kept[0].pk: "unused", kept[1].pk: "unused",
    }  # fmt: skip


# --- Modes ------------------------------------------------------------------------------------------------------------


def test_whoever_joins_gets_every_running_welcome_once() -> None:
    wanted = [make_template("新客一", issue_mode="register"), make_template("新客二", issue_mode="register")]
    make_template(issue_mode="register", claim_to=NOON)
    make_template()

    member, _ = members.register_by_phone("13900001111", now=NOON, ip=None)
    members.register_by_phone("13900001111", now=NOON, ip=None)

    coupons = list(Coupon.objects.filter(member=member).order_by("pk"))
    assert [coupon.template for coupon in coupons] == wanted
    assert [coupon.source for coupon in coupons] == [f"register:{member.pk}"] * 2
    assert list(Message.objects.values_list("title", flat=True)) == ["欢迎光临，送您一张新客优惠券"] * 2


def test_a_welcome_that_is_used_up_keeps_nobody_from_joining() -> None:
    make_template(issue_mode="register", total=1)

    joined = [members.register_by_phone(f"1390000111{digit}", now=NOON, ip=None)[1] for digit in range(3)]

    assert (joined, Coupon.objects.count()) == ([True] * 3, 1)


def test_the_mode_of_a_completed_order_gives_once_per_order() -> None:
    make_template(issue_mode="order_completed", per_member=2)
    member = make_member()

    given = [
        len(promotions.issue_by_mode(mode="order_completed", member=member, source=f"order:{number}", now=NOON))
        for number in (1, 1, 2, 3)
    ]

    assert given == [1, 0, 1, 0]
    assert Message.objects.filter(title="谢谢惠顾，送您一张优惠券").count() == 2


# --- Codes ------------------------------------------------------------------------------------------------------------


def test_codes_are_made_in_batches_and_never_more_than_the_quota() -> None:
    template = make_template(issue_mode="code", total=5)

    batches = [promotions.make_codes(template=template, units=units, by=None, now=NOON) for units in (2, 3)]

    codes = list(CouponCode.objects.values_list("code", flat=True))
    assert (batches, len(set(codes)), {len(code) for code in codes}) == (["20260302-1", "20260302-2"], 5, {12})
    for units in (1, 0, -1, 10_001):
        with pytest.raises(promotions.TemplateRefused):
            promotions.make_codes(template=template, units=units, by=None, now=NOON)
    with pytest.raises(promotions.TemplateRefused):
        promotions.make_codes(template=make_template(), units=1, by=None, now=NOON)


def test_a_code_gives_its_finder_a_coupon_however_it_is_typed() -> None:
    template = make_template(issue_mode="code")
    promotions.make_codes(template=template, units=1, by=None, now=NOON)
    row, member = CouponCode.objects.get(), make_member()
    typed = f" {row.code[:4].lower()}-{row.code[4:8]} {row.code[8:]}\n"

    coupon = promotions.redeem_code(member=member, code=typed, ip="1.2.3.4", now=NOON)

    row.refresh_from_db()
    assert (row.redeemed_by, row.redeemed_at, coupon.member, coupon.source) == (member, NOON, member, f"code:{row.pk}")
    for again, words in ((member, "您已经用过"), (make_member(), "已经被用过了")):
        with pytest.raises(promotions.CodeRefused, match=words):
            promotions.redeem_code(member=again, code=row.code, ip="1.2.3.4", now=NOON)


def test_a_code_that_is_refused_stays_good() -> None:
    template = make_template(issue_mode="code")
    promotions.make_codes(template=template, units=2, by=None, now=NOON)
    first, second = CouponCode.objects.order_by("pk")
    member = make_member()
    promotions.redeem_code(member=member, code=first.code, ip="1.2.3.4", now=NOON)

    with pytest.raises(promotions.CouponNotIssued):
        promotions.redeem_code(member=member, code=second.code, ip="1.2.3.4", now=NOON)

    second.refresh_from_db()
    assert second.redeemed_by is None
    assert promotions.redeem_code(member=make_member(), code=second.code, ip="1.2.3.4", now=NOON)


@pytest.mark.parametrize("typed", ["", "ABC", "'; DROP", "\0", "Ａ" * 500, "ABCDEFGHJKLM"])
def test_nonsense_is_no_code(typed: str) -> None:
    with pytest.raises(promotions.CodeRefused, match="没有这个兑换码"):
        promotions.redeem_code(member=make_member(), code=typed, ip="1.2.3.4", now=NOON)


def test_guessing_codes_ends_soon() -> None:
    member = make_member()
    for _ in range(10):
        with pytest.raises(promotions.CodeRefused):
            promotions.redeem_code(member=member, code="ABCDEFGHJKLM", ip="1.2.3.4", now=NOON)

    with pytest.raises(TooManyTries):
        promotions.redeem_code(member=member, code="ABCDEFGHJKLM", ip="1.2.3.4", now=NOON)
    with pytest.raises(promotions.CodeRefused):
        promotions.redeem_code(member=member, code="ABCDEFGHJKLM", ip="1.2.3.4", now=NOON + timedelta(minutes=2))


# --- Their end --------------------------------------------------------------------------------------------------------


def test_the_sweep_lets_unused_coupons_expire() -> None:
    template = make_template(valid_days=1, per_member=0)
    over, spent = make_coupon(template), make_coupon(template)
    alive = make_coupon(template, now=NOON + DAY)
    promotions.spend_coupon(member=spent.member, coupon_id=spent.pk, now=NOON)
    midnight = shanghai("2026-03-03T00:00")

    counts = [promotions.expire_coupons(now=moment) for moment in (midnight - timedelta(seconds=1), midnight, midnight)]

    assert counts == [0, 1, 0]
    assert {one.pk: one.status for one in Coupon.objects.all()} == {
        over.pk: "expired", spent.pk: "used", alive.pk: "unused",
    }  # fmt: skip


def test_members_hear_three_days_before_the_end_and_once() -> None:
    template = make_template(valid_days=10, per_member=0)
    coupon = make_coupon(template)  # until 11 March, 23:59:59
    ends = coupon.valid_until
    spent = make_coupon(template)
    promotions.spend_coupon(member=spent.member, coupon_id=spent.pk, now=NOON)

    told = [
        promotions.tell_expiring(now=moment)
        for moment in (ends - 3 * DAY - timedelta(seconds=1), ends - 3 * DAY, ends - DAY, ends)
    ]

    assert told == [0, 1, 0, 0]
    message = Message.objects.get()
    assert (message.member, message.title, message.link) == (coupon.member, "优惠券快到期了", "/me/coupons/")
    assert message.body == "“满 50 减 5”减 ¥5，满 ¥50 可用，2026-03-11 23:59 前有效。"


def test_whoever_has_just_got_a_short_coupon_is_not_told_at_once() -> None:
    make_coupon(make_template(valid_days=2))

    assert promotions.tell_expiring(now=NOON + timedelta(minutes=1)) == 0
    assert promotions.tell_expiring(now=NOON + DAY) == 1


def test_two_coupons_of_one_kind_and_end_make_one_message() -> None:
    template, member = make_template(valid_days=2, per_member=0), make_member()
    for number in range(2):
        make_coupon(template, member=member, source=f"order:{number}")

    assert promotions.tell_expiring(now=NOON + DAY) == 2
    assert Message.objects.count() == 1


# --- Checkout ---------------------------------------------------------------------------------------------------------


def test_checkout_offers_what_may_be_spent_now_with_one_query(django_assert_num_queries: Any) -> None:
    member = make_member()
    later, sooner = (make_coupon(make_template(valid_days=days), member=member) for days in (9, 3))
    make_coupon(make_template(from_next_day=True), member=member)
    for_groups = make_coupon(make_template(issue_mode="group"), member=member)
    spent = make_coupon(member=member)
    promotions.spend_coupon(member=member, coupon_id=spent.pk, now=NOON)
    make_coupon()

    with django_assert_num_queries(1):  # coupons
        offered = selectors.checkout_coupons(member=member, now=NOON)

    assert offered == [sooner, later]
    assert selectors.checkout_coupons(member=member, now=NOON, for_group=True) == [for_groups]
