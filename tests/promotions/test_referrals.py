"""Invitations: who is bound to whom, and when which reward is given."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from members.models import Member, Message, PointsKind
from members.services import register_by_phone
from promotions import services as promotions
from promotions.models import CouponTemplate, IssueMode, Referral, ReferralCampaign, ReferralStatus
from promotions.selectors import statement_of
from tests.factories import NOON, make_address, make_member, make_phone, make_staff
from tests.promotions.given import Given

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PHONE = "a phone of its own"


@pytest.fixture
def given() -> Given:
    return Given()


def make_campaign(**fields: Any) -> ReferralCampaign:
    dull = {"name": "邀请有礼", "starts_at": NOON - DAY, "inviter_points": 50, "invitee_points": 20}
    return ReferralCampaign.objects.create(**(dull | fields))


def make_reward(name: str = "邀请券") -> CouponTemplate:
    return CouponTemplate.objects.create(name=name, amount=500, issue_mode=IssueMode.REWARD)


def join(inviter: Member | None, *, device: str = "", now: datetime = NOON) -> Member:
    """Let somebody register by the link of `inviter`."""
    member, is_new = register_by_phone(make_phone(), now=now, ip=None, invited_by=inviter, device=device)
    assert is_new
    return member


def complete(member: Member, *, order_no: str = "20260302", now: datetime = NOON, days: int = 15) -> None:
    promotions.note_completed_order(member=member, order_no=order_no, due_at=now + days * DAY, now=now)


def status_of(member: Member) -> str:
    return Referral.objects.get(invitee=member).status


# --- Binding ---------------------------------------------------------------------------------------------------------
def test_a_new_member_is_bound_and_rewarded_at_once_and_the_inviter_is_not(given: Given) -> None:
    make_campaign(invitee_coupon=make_reward("新人券"))
    inviter = make_member("小满")

    member = join(inviter)

    pair = Referral.objects.get()
    assert (pair.inviter, pair.invitee, pair.status) == (inviter, member, ReferralStatus.WAITING)
    assert member.invited_by == inviter
    assert given.points == [(member.pk, 20, PointsKind.INVITED, f"referral:{pair.pk}")]
    assert given.coupons == [(member.pk, f"referral:{pair.pk}:invitee")]


def test_who_is_a_member_already_is_not_bound_by_a_link(given: Given) -> None:
    make_campaign()
    inviter, known = make_member(), make_member()

    member, is_new = register_by_phone(known.phone, now=NOON, ip=None, invited_by=inviter)

    assert (member, is_new) == (known, False)
    assert member.invited_by is None
    assert not Referral.objects.exists()
    assert given.points == []


@pytest.mark.parametrize(
    "window",
    [{"starts_at": NOON + DAY}, {"ends_at": NOON}, {"is_stopped": True}],
    ids=["not yet", "no more", "stopped"],
)
def test_without_a_running_campaign_a_link_only_says_who_brought_whom(given: Given, window: dict[str, Any]) -> None:
    make_campaign(**window)
    inviter = make_member()

    member = join(inviter)

    assert member.invited_by == inviter
    assert not Referral.objects.exists()
    assert given.points == []


def test_nobody_invites_themselves_nor_whoever_invited_them(given: Given) -> None:
    make_campaign()
    first = make_member()
    second = join(first)

    assert promotions.bind_invitation(invitee=first, inviter=first, device="", now=NOON) is None
    assert promotions.bind_invitation(invitee=first, inviter=second, device="", now=NOON) is None
    assert Referral.objects.count() == 1


def test_staff_and_members_who_are_switched_off_bring_nobody(given: Given) -> None:
    make_campaign()

    for inviter in (make_staff(), make_member(is_active=False), make_member(erased_at=NOON, is_active=False)):
        join(inviter)

    assert not Referral.objects.exists()


def test_a_second_link_changes_nothing(given: Given) -> None:
    make_campaign()
    first = make_member()
    member = join(first)

    again = promotions.bind_invitation(invitee=member, inviter=make_member(), device="", now=NOON)

    assert again
    assert again.inviter == first
    assert len(given.points) == 1


def test_one_level_only(given: Given) -> None:
    make_campaign()
    first = make_member()
    third = join(join(first))

    complete(third)
    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert [pk for pk, _, kind, _ in given.points if kind == PointsKind.INVITE] == [third.invited_by_id]


# --- The inviter's reward --------------------------------------------------------------------------------------------
def test_the_inviter_is_rewarded_when_the_window_of_the_first_order_has_ended_and_once(given: Given) -> None:
    make_campaign(inviter_coupon=make_reward())
    inviter = make_member()
    member = join(inviter)
    given.clear()

    complete(member)
    early = promotions.reward_referrals(now=NOON + 15 * DAY - timedelta(seconds=1))
    assert (early, given.points, status_of(member)) == (0, [], ReferralStatus.ORDERED)
    done = [promotions.reward_referrals(now=NOON + 15 * DAY) for _ in range(2)]

    pair = Referral.objects.get()
    assert done == [1, 0]
    assert given.points == [(inviter.pk, 50, PointsKind.INVITE, f"referral:{pair.pk}")]
    assert given.coupons == [(inviter.pk, f"referral:{pair.pk}:inviter")]
    assert (pair.status, pair.rewarded_at) == (ReferralStatus.REWARDED, NOON + 15 * DAY)
    assert Message.objects.get(member=inviter).body == "您邀请的好友完成了首单，送您50 积分和优惠券“邀请券”。"


def test_coupons_that_are_gone_do_not_keep_the_points_back(given: Given) -> None:
    make_campaign(inviter_coupon=make_reward())
    member = join(make_member())
    CouponTemplate.objects.update(total=1, issued=1)

    complete(member)
    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert status_of(member) == ReferralStatus.REWARDED
    assert [points for _, points, _, _ in given.points] == [20, 50]
    assert "优惠券" not in Message.objects.get().body


def test_a_reversed_order_waits_for_the_next_one(given: Given) -> None:
    make_campaign()
    member = join(make_member())
    complete(member, order_no="1")

    promotions.note_reversed_order(member=member, order_no="2", now=NOON)  # another one
    assert status_of(member) == ReferralStatus.ORDERED
    promotions.note_reversed_order(member=member, order_no="1", now=NOON)
    assert status_of(member) == ReferralStatus.WAITING
    assert promotions.reward_referrals(now=NOON + 15 * DAY) == 0
    complete(member, order_no="3", now=NOON + DAY)

    pair = Referral.objects.get()
    assert (pair.order_no, pair.due_at) == ("3", NOON + 16 * DAY)


def test_later_orders_and_repeats_do_not_move_the_day(given: Given) -> None:
    make_campaign()
    member = join(make_member())

    for order_no, now in (("1", NOON), ("1", NOON + DAY), ("2", NOON + 2 * DAY)):
        complete(member, order_no=order_no, now=now)

    pair = Referral.objects.get()
    assert (pair.order_no, pair.due_at) == ("1", NOON + 15 * DAY)


def test_a_paid_reward_stays_when_the_order_is_refunded_afterwards(given: Given) -> None:
    make_campaign()
    member = join(make_member())
    complete(member, order_no="1")
    promotions.reward_referrals(now=NOON + 15 * DAY)

    promotions.note_reversed_order(member=member, order_no="1", now=NOON + 20 * DAY)

    assert status_of(member) == ReferralStatus.REWARDED


def test_beyond_the_cap_of_a_day_a_pair_waits_for_the_next(given: Given) -> None:
    make_campaign(cap_per_day=2)
    inviter = make_member()
    for number in range(3):
        complete(join(inviter), order_no=str(number))
    due = NOON + 15 * DAY

    first = promotions.reward_referrals(now=due)
    rewarded = Referral.objects.filter(status=ReferralStatus.REWARDED).count()
    waiting = Referral.objects.get(status=ReferralStatus.ORDERED)
    again = promotions.reward_referrals(now=due + timedelta(hours=11))
    midnight = promotions.reward_referrals(now=due + timedelta(hours=12))  # of Shanghai: NOON is 12:00 there

    assert (first, rewarded, again, midnight) == (3, 2, 0, 1)
    assert waiting.due_at == due + timedelta(hours=12)
    assert Referral.objects.filter(status=ReferralStatus.REWARDED).count() == 3


def test_beyond_the_cap_of_the_campaign_a_pair_ends_without_a_reward(given: Given) -> None:
    make_campaign(cap_total=1)
    inviter = make_member()
    for number in range(2):
        complete(join(inviter), order_no=str(number))

    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert list(Referral.objects.order_by("pk").values_list("status", "decided_note")) == [
        (ReferralStatus.REWARDED, ""), (ReferralStatus.REFUSED, "已达到活动的累计上限"),
    ]  # fmt: skip
    assert statement_of(inviter).rewarded == 1


def test_no_cap_is_no_cap(given: Given) -> None:
    make_campaign(cap_per_day=0, cap_total=0)
    inviter = make_member()
    for number in range(12):
        complete(join(inviter), order_no=str(number))

    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert statement_of(inviter).rewarded == 12


def test_an_inviter_who_left_gets_nothing(given: Given) -> None:
    make_campaign()
    inviter = make_member()
    member = join(inviter)
    complete(member)
    Member.objects.filter(pk=inviter.pk).update(is_active=False)
    given.clear()

    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert status_of(member) == ReferralStatus.REFUSED
    assert given.points == []


def test_a_pair_made_while_the_campaign_ran_is_rewarded_after_its_end(given: Given) -> None:
    campaign = make_campaign()
    member = join(make_member())
    promotions.switch_campaign(campaign=campaign, is_stopped=True)

    complete(member)
    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert status_of(member) == ReferralStatus.REWARDED


# --- Doubts ----------------------------------------------------------------------------------------------------------
def test_two_accounts_on_one_device_wait_for_the_staff_with_their_rewards(given: Given) -> None:
    make_campaign()
    inviter = make_member()
    first, second, third = join(inviter, device=PHONE), join(inviter, device=PHONE), join(inviter, device="another")

    assert [status_of(one) for one in (first, second, third)] == ["waiting", "doubtful", "waiting"]
    assert Referral.objects.get(invitee=second).doubts == ["device"]
    assert [pk for pk, *_ in given.points] == [first.pk, third.pk]


def test_an_inviter_is_known_by_the_device_on_which_they_were_invited(given: Given) -> None:
    make_campaign()
    inviter = join(make_member(), device=PHONE)

    assert status_of(join(inviter, device=PHONE)) == ReferralStatus.DOUBTFUL


def test_devices_of_different_inviters_have_nothing_to_do_with_each_other(given: Given) -> None:
    make_campaign()

    assert [status_of(join(make_member(), device=PHONE)) for _ in range(2)] == ["waiting", "waiting"]


@pytest.mark.parametrize(
    ("own", "doubts"),
    [
        ({"detail": "文三路90号"}, ["address"]),
        ({"detail": "文三路 91 号"}, []),
        ({"detail": "文三路 91 号", "receiver_phone": "13700000001"}, ["phone"]),
        ({"receiver_phone": "13700000001"}, ["address", "phone"]),
        ({"region_code": "110101"}, []),
    ],
    ids=["same place, typed otherwise", "next door", "same receiver", "both", "same street elsewhere"],
)
def test_address_books_are_compared_when_the_first_order_is_completed(
    given: Given, own: dict[str, Any], doubts: list[str]
) -> None:
    make_campaign()
    inviter = make_member()
    make_address(inviter, receiver_phone="13700000001")
    member = join(inviter)
    make_address(member, **({"receiver_phone": "13700000002"} | own))

    complete(member)

    pair = Referral.objects.get()
    assert (pair.doubts, pair.status) == (doubts, "doubtful" if doubts else "ordered")
    assert pair.order_no == "20260302"


def test_a_parcel_to_the_inviters_own_phone_is_odd(given: Given) -> None:
    make_campaign()
    inviter = make_member()
    member = join(inviter)
    make_address(member, receiver_phone=inviter.phone)

    complete(member)

    assert Referral.objects.get().doubts == ["phone"]


def test_an_approved_pair_goes_on_where_it_stood_and_is_not_asked_again(given: Given) -> None:
    make_campaign()
    inviter, boss = make_member(), make_staff(is_superuser=True)
    join(inviter, device=PHONE)
    make_address(inviter)
    member = join(inviter, device=PHONE)
    make_address(member)
    given.clear()

    promotions.approve_referral(referral=member.referral, by=boss, note="一家人", now=NOON)
    assert given.points == [(member.pk, 20, PointsKind.INVITED, f"referral:{member.referral.pk}")]
    complete(member)
    assert status_of(member) == ReferralStatus.ORDERED

    promotions.note_reversed_order(member=member, order_no="20260302", now=NOON)
    with pytest.raises(promotions.ReferralDecided):
        promotions.approve_referral(referral=member.referral, by=boss, note="再来", now=NOON)


def test_a_doubtful_pair_that_was_approved_after_its_order_is_rewarded(given: Given) -> None:
    make_campaign()
    inviter = make_member()
    make_address(inviter)
    member = join(inviter)
    make_address(member)
    complete(member)

    assert promotions.reward_referrals(now=NOON + 15 * DAY) == 0
    promotions.approve_referral(referral=member.referral, by=make_staff(), note="邻居", now=NOON + 15 * DAY)
    assert promotions.reward_referrals(now=NOON + 15 * DAY) == 1

    assert status_of(member) == ReferralStatus.REWARDED


def test_a_refused_pair_has_ended(given: Given) -> None:
    make_campaign()
    member = join(make_member())
    complete(member)
    given.clear()

    promotions.refuse_referral(referral=member.referral, by=make_staff(), note="同一个人", now=NOON)
    promotions.reward_referrals(now=NOON + 15 * DAY)

    assert status_of(member) == ReferralStatus.REFUSED
    assert given.points == []
    with pytest.raises(promotions.ReferralDecided):
        promotions.refuse_referral(referral=member.referral, by=make_staff(), note="再来", now=NOON)


# --- Campaigns -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("window", "clashes"),
    [
        ({"starts_at": NOON + DAY}, True),
        ({"starts_at": NOON - 9 * DAY, "ends_at": NOON - DAY}, False),
        ({"starts_at": NOON - 9 * DAY, "ends_at": NOON}, True),
        ({"starts_at": NOON + DAY, "is_stopped": True}, False),
    ],
    ids=["within", "before", "into", "stopped"],
)
def test_campaigns_do_not_overlap(window: dict[str, Any], clashes: bool) -> None:
    make_campaign(name="春天")
    other = ReferralCampaign(name="夏天", invitee_points=1, **window)

    if clashes:
        with pytest.raises(promotions.CampaignsOverlap, match="和「春天」的时间重叠"):
            promotions.save_campaign(other)
    else:
        promotions.save_campaign(other)

    assert ReferralCampaign.objects.count() == (1 if clashes else 2)


def test_a_stopped_campaign_starts_again_unless_another_runs() -> None:
    spring = make_campaign(name="春天", is_stopped=True)
    make_campaign(name="夏天")

    with pytest.raises(promotions.CampaignsOverlap):
        promotions.switch_campaign(campaign=spring, is_stopped=False)

    spring.refresh_from_db()
    assert spring.is_stopped
