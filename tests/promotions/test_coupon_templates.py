"""What a merchant may write on a coupon, and what stays as it is once somebody holds one."""

from datetime import date, timedelta
from typing import Any

import pytest

from members.models import OperationLog
from promotions import services as promotions
from promotions.models import Coupon, CouponTemplate, RunState
from tests.factories import NOON, make_member, make_staff
from tests.promotions.coupons import fields_refused, make_coupon, make_template

pytestmark = pytest.mark.django_db

SOUND: dict[str, Any] = {"name": "券", "amount": 500, "threshold": 5000}
PERCENT: dict[str, Any] = {"name": "券", "kind": "percent", "percent": 85}
FIXED: dict[str, Any] = {"validity_kind": "fixed", "valid_from": date(2026, 3, 1), "valid_to": date(2026, 3, 31)}


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (SOUND | {"name": " "}, "name"),
        (SOUND | {"amount": 0}, "amount"),
        (SOUND | {"amount": -1}, "amount"),
        (SOUND | {"amount": 10_000_001, "threshold": 0}, "amount"),
        (SOUND | {"amount": 5001}, "amount"),
        (SOUND | {"threshold": -1}, "threshold"),
        (PERCENT | {"percent": 0}, "percent"),
        (PERCENT | {"percent": 100}, "percent"),
        (PERCENT | {"percent": 150}, "percent"),
        (PERCENT | {"max_discount": -1}, "max_discount"),
        (SOUND | {"total": -1}, "total"),
        (SOUND | {"total": 2, "per_member": 3}, "per_member"),
        (SOUND | {"claim_from": NOON, "claim_to": NOON}, "claim_to"),
        (SOUND | {"claim_from": NOON, "claim_to": NOON - timedelta(days=1)}, "claim_to"),
        (SOUND | {"valid_days": 0}, "valid_days"),
        (SOUND | {"valid_days": 3651}, "valid_days"),
        (SOUND | {"validity_kind": "fixed", "valid_from": date(2026, 3, 5)}, "valid_to"),
        (SOUND | FIXED | {"valid_to": date(2026, 2, 28)}, "valid_to"),
        (SOUND | FIXED | {"valid_from": date(2026, 2, 1), "valid_to": date(2026, 3, 1)}, "valid_to"),
        (SOUND | {"scope_kind": "product", "scope_ids": list(range(1001))}, "scope_ids"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_their_field(terms: dict[str, Any], field: str) -> None:
    refused = fields_refused(CouponTemplate(**terms))

    assert set(refused) == {field}
    assert not refused[field].isascii()
    assert (CouponTemplate.objects.count(), OperationLog.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "terms",
    [
        SOUND,
        SOUND | {"threshold": 500},
        SOUND | {"threshold": 0, "amount": 100_000},
        PERCENT | {"percent": 1},
        PERCENT | {"percent": 99, "max_discount": 2000},
        SOUND | FIXED,
        SOUND | {"validity_kind": "fixed", "valid_from": date(2026, 3, 2), "valid_to": date(2026, 3, 2)},
        SOUND | {"per_member": 0},
    ],
)
def test_sound_terms_are_saved_and_logged(terms: dict[str, Any]) -> None:
    owner = make_staff()

    saved = promotions.save_template(template=CouponTemplate(**terms), by=owner, now=NOON)

    assert CouponTemplate.objects.get() == saved
    assert (OperationLog.objects.get().actor, OperationLog.objects.get().summary) == (owner, "新增优惠券 券")


def test_what_the_chosen_kind_does_not_use_is_emptied() -> None:
    amount = make_template(percent=85, max_discount=900, scope_ids=[1, 2], valid_from=date(2026, 1, 1))
    percent = make_template(kind="percent", percent=85, amount=77)

    assert (amount.percent, amount.max_discount, amount.scope_ids, amount.valid_from) == (0, 0, [], None)
    assert (percent.amount, percent.worth_words) == (0, "8.5 折")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 600}, "amount"),
        ({"threshold": 4000}, "threshold"),
        ({"name": "别的"}, "name"),
        ({"per_member": 3}, "per_member"),
        ({"valid_days": 31}, "valid_days"),
        ({"vip_only": True}, "vip_only"),
        ({"scope_kind": "product", "scope_ids": [1]}, "scope_ids"),
        ({"total": 1}, "total"),
        ({"total": 9}, "total"),
    ],
)
def test_terms_of_an_issued_coupon_are_frozen(change: dict[str, Any], field: str) -> None:
    template = make_template(total=10, per_member=2)
    for _ in range(2):
        make_coupon(template, member=make_member())
    template = CouponTemplate.objects.get()
    for name, value in change.items():
        setattr(template, name, value)

    assert field in fields_refused(template)

    kept = CouponTemplate.objects.get()
    assert (kept.amount, kept.threshold, kept.name, kept.per_member, kept.total) == (500, 5000, "满 50 减 5", 2, 10)


def test_quota_words_and_claiming_time_may_change_later() -> None:
    template = make_template(total=10)
    make_coupon(template)
    template = CouponTemplate.objects.get()
    template.total, template.remark, template.claim_to = 11, "生鲜除外", NOON + timedelta(days=3)

    assert fields_refused(template) == {}

    kept = CouponTemplate.objects.get()
    assert (kept.total, kept.remark, kept.issued) == (11, "生鲜除外", 1)


def test_a_coupon_issued_while_the_form_was_open_freezes_what_the_form_changes() -> None:
    open_form = make_template(total=10)
    make_coupon(CouponTemplate.objects.get())
    open_form.amount, open_form.total = 600, 20

    assert set(fields_refused(open_form)) == {"amount"}

    assert (CouponTemplate.objects.get().amount, CouponTemplate.objects.get().issued) == (500, 1)


def test_a_quota_without_end_cannot_be_limited_afterwards_and_any_quota_may_be_opened() -> None:
    without, limited = make_template(total=0), make_template(total=5)
    for template in (without, limited):
        make_coupon(template)
        template.refresh_from_db()
    without.total, limited.total = 5, 0

    assert set(fields_refused(without)) == {"total"}
    assert fields_refused(limited) == {}


def test_a_copy_has_the_terms_but_nothing_issued_and_waits_for_a_look() -> None:
    template = make_template(scope_kind="product", scope_ids=[1, 2], **FIXED)
    make_coupon(template)

    copied = promotions.copy_template(template=template, by=None, now=NOON + timedelta(days=90))

    assert (copied.name, copied.issued, copied.scope_ids) == ("满 50 减 5 副本", 0, [1, 2])
    assert (copied.is_stopped, copied.run_state(NOON)) == (True, RunState.STOPPED)


def test_a_shared_coupon_gets_a_link_nobody_guesses_and_a_copy_another() -> None:
    shared = make_template(issue_mode="share")
    copied = promotions.copy_template(template=shared, by=None, now=NOON)

    assert len(shared.share_token or "") == 16
    assert copied.share_token not in {None, shared.share_token}
    assert make_template().share_token is None


def test_stopping_stops_issuing_and_leaves_what_members_hold() -> None:
    template = make_template()
    coupon = make_coupon(template)

    promotions.stop_template(template=template, stop=True, by=None, now=NOON)
    promotions.stop_template(template=template, stop=True, by=None, now=NOON)

    with pytest.raises(promotions.CouponNotIssued, match="停发"):
        make_coupon(template)
    assert promotions.spend_coupon(member=coupon.member, coupon_id=coupon.pk, now=NOON).status == "used"
    assert OperationLog.objects.filter(action="stop_coupon").count() == 1

    promotions.stop_template(template=template, stop=False, by=None, now=NOON)
    assert make_coupon(template)


def test_revoking_takes_back_what_is_unused() -> None:
    template = make_template()
    coupons = [make_coupon(template) for _ in range(3)]
    promotions.spend_coupon(member=coupons[0].member, coupon_id=coupons[0].pk, now=NOON)

    count = promotions.revoke_unused(template=template, reason="印错了", by=None, now=NOON)

    assert (count, sorted(Coupon.objects.values_list("status", flat=True))) == (2, ["revoked", "revoked", "used"])
    assert OperationLog.objects.get(action="revoke_coupons").after == {"revoked": 2, "reason": "印错了"}
    assert promotions.revoke_coupon(coupon=coupons[0], reason="晚了", by=None, now=NOON) is False


def test_one_coupon_is_revoked_alone() -> None:
    coupon, other = make_coupon(), make_coupon()

    assert promotions.revoke_coupon(coupon=coupon, reason="发错人", by=None, now=NOON) is True

    assert set(Coupon.objects.values_list("pk", "status")) == {(coupon.pk, "revoked"), (other.pk, "unused")}


@pytest.mark.parametrize(
    ("terms", "days", "state"),
    [
        ({}, 0, "running"),
        ({"claim_from": NOON + timedelta(days=1)}, 0, "scheduled"),
        ({"claim_from": NOON + timedelta(days=1)}, 1, "running"),
        ({"claim_to": NOON + timedelta(days=1)}, 1, "ended"),
        (FIXED, 29, "running"),
        (FIXED, 30, "ended"),
    ],
)
def test_the_state_follows_from_the_times(terms: dict[str, Any], days: int, state: str) -> None:
    template, now = make_template(**terms), NOON + timedelta(days=days)

    assert template.run_state(now) == state
    assert CouponTemplate.objects.handed_out_at(now).exists() is (state == "running")
