"""The back office's invitations: campaigns, the pairs they made, and the review of doubtful ones."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import OperationLog
from promotions.models import CouponTemplate, IssueMode, Referral, ReferralCampaign, ReferralStatus
from shop.backoffice.permissions import CLERK, FINANCE
from tests.factories import make_member
from tests.promotions.given import Given
from tests.promotions.test_referrals import PHONE, complete, join, make_campaign, make_reward
from tests.shop.backoffice import headquarters, make_operator, make_worker, signed_in, text_of

pytestmark = pytest.mark.django_db
CAMPAIGNS, PAIRS = "/admin/promotions/referralcampaign/", "/admin/promotions/referral/"
FORM = {
    "name": "老带新", "starts_at_0": "2026-03-01", "starts_at_1": "00:00:00", "ends_at_0": "", "ends_at_1": "",
    "inviter_points": "50", "inviter_coupon": "", "invitee_points": "20", "invitee_coupon": "", "cap_per_day": "10",
    "cap_total": "100", "rules_text": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def given() -> Given:
    return Given()


@pytest.fixture
def desk() -> Client:
    return signed_in(make_operator())


def add(client: Client, **changes: str) -> Any:
    return client.post(f"{CAMPAIGNS}add/", FORM | changes)


def test_a_campaign_is_made_and_logged(desk: Client) -> None:
    coupon = make_reward()

    answer = add(desk, inviter_coupon=str(coupon.pk))

    campaign = ReferralCampaign.objects.get()
    assert answer.status_code == 302
    assert (campaign.inviter_points, campaign.inviter_coupon, campaign.is_stopped) == (50, coupon, False)
    assert OperationLog.objects.get().action == "add"
    assert "进行中" in text_of(desk.get(CAMPAIGNS))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at_0": "2026-02-01", "ends_at_1": "00:00:00"}, "结束时间要晚于开始时间"),
        ({"inviter_points": "0", "invitee_points": "0"}, "邀请人和新人至少有一方得到积分或优惠券"),
        ({"cap_per_day": "20", "cap_total": "10"}, "每天的上限不能大于累计上限"),
        ({"inviter_points": "100001"}, "最多 100000 积分"),
        ({"name": ""}, "这个字段是必填项"),
        ({"inviter_points": "-1"}, "大于或等于"),
        ({"starts_at_0": "昨天"}, "有效的日期"),
        ({"inviter_coupon": "999"}, "选择一个有效的选项"),
    ],
    ids=["window", "worthless", "caps", "too much", "nameless", "negative", "no date", "no coupon"],
)
def test_a_wrong_campaign_is_refused_at_its_field(desk: Client, changes: dict[str, str], words: str) -> None:
    page = text_of(add(desk, **changes))

    assert words in page
    assert not ReferralCampaign.objects.exists()


def test_only_reward_coupons_are_offered(desk: Client) -> None:
    claimed = CouponTemplate.objects.create(name="领取券", amount=500, issue_mode=IssueMode.CLAIM)

    page = add(desk, inviter_coupon=str(claimed.pk))

    assert "选择一个有效的选项" in text_of(page)
    assert "领取券" not in page.content.decode()


def test_two_campaigns_at_once_are_refused_with_the_name_of_the_other(desk: Client) -> None:
    make_campaign(name="春天")

    assert "和「春天」的时间重叠" in text_of(add(desk))
    assert ReferralCampaign.objects.count() == 1


def test_what_was_promised_to_somebody_stays(desk: Client) -> None:
    campaign = make_campaign()
    join(make_member())
    page = desk.get(f"{CAMPAIGNS}{campaign.pk}/change/")

    changed = FORM | {"name": "新名字", "inviter_points": "1", "starts_at_0": "2026-02-28"}
    desk.post(f"{CAMPAIGNS}{campaign.pk}/change/", changed)

    campaign.refresh_from_db()
    assert 'name="inviter_points"' not in page.content.decode()
    assert (campaign.name, campaign.inviter_points) == ("新名字", 50)


def test_a_campaign_is_stopped_and_started_with_a_press(desk: Client) -> None:
    campaign = make_campaign(name="春天")
    url = f"{CAMPAIGNS}{campaign.pk}/switch/"

    assert "停止后新注册的会员不再算进活动" in text_of(desk.get(url))
    campaign.refresh_from_db()
    assert not campaign.is_stopped
    desk.post(url)
    campaign.refresh_from_db()
    assert campaign.is_stopped
    make_campaign(name="夏天")
    assert "和「夏天」的时间重叠" in text_of(desk.post(url, follow=True))

    campaign.refresh_from_db()
    assert campaign.is_stopped
    assert OperationLog.objects.get().summary == "停止邀请活动「春天」"


def test_the_list_of_campaigns_counts_what_came_of_them(desk: Client, django_assert_max_num_queries: Any) -> None:
    campaign = make_campaign()
    inviter = make_member()
    complete(join(inviter))
    for _ in range(2):
        join(inviter, device=PHONE)
    for number in range(15):
        make_campaign(name=f"旧活动 {number}", is_stopped=True)

    with django_assert_max_num_queries(12):
        page = desk.get(CAMPAIGNS)

    (row,) = [one for one in page.context["cl"].result_list if one.pk == campaign.pk]
    assert (row.brought, row.bought, row.rewarded, row.doubtful) == (3, 1, 0, 1)


def test_the_list_of_pairs_costs_the_same_however_long_it_is(desk: Client, django_assert_max_num_queries: Any) -> None:
    make_campaign()
    for _ in range(20):
        join(make_member("小满"))

    with django_assert_max_num_queries(12):
        page = desk.get(PAIRS).content.decode()

    phone = Referral.objects.select_related("invitee").first()
    assert phone
    assert phone.invitee.phone not in page
    assert phone.invitee.phone_masked in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("tab=doubtful", 1),
        ("doubt=device", 1),
        ("q=小满", 2),
        ("q=20260302", 1),
        ("campaign=0", 3),
        ("q=谁", 0),
    ],
)
def test_pairs_are_found(desk: Client, query: str, count: int) -> None:
    make_campaign()
    inviter = make_member("小满")
    complete(join(inviter, device=PHONE))
    join(inviter, device=PHONE)
    join(make_member("阿禾"))

    assert desk.get(f"{PAIRS}?{query}").context["cl"].result_count == count


def test_a_doubtful_pair_is_decided_with_a_reason(desk: Client, given: Given) -> None:
    make_campaign()
    inviter = make_member()
    join(inviter, device=PHONE)
    good, bad = join(inviter, device=PHONE), join(inviter, device=PHONE)
    given.clear()

    assert "这个字段是必填项" in text_of(desk.post(f"{PAIRS}{good.referral.pk}/do/approve/", {"reason": ""}))
    desk.post(f"{PAIRS}{good.referral.pk}/do/approve/", {"reason": "一家人"})
    desk.post(f"{PAIRS}{bad.referral.pk}/do/refuse/", {"reason": "同一个人"})
    again = desk.post(f"{PAIRS}{bad.referral.pk}/do/refuse/", {"reason": "再来"}, follow=True)

    assert "这一对已经处理过了" in text_of(again)
    statuses = dict(Referral.objects.values_list("invitee", "status"))
    assert (statuses[good.pk], statuses[bad.pk]) == (ReferralStatus.WAITING, ReferralStatus.REFUSED)
    assert [member for member, *_ in given.points] == [good.pk]
    assert list(OperationLog.objects.order_by("pk").values_list("action", flat=True)) == [
        "approve_referral", "refuse_referral",
    ]  # fmt: skip


def test_finance_looks_and_changes_nothing_and_clerks_see_nothing() -> None:
    campaign = make_campaign(starts_at=timezone.now() - timedelta(days=1))
    pair = join(make_member(), now=timezone.now()).referral
    finance, clerk = (signed_in(make_worker(role, headquarters())) for role in (FINANCE, CLERK))

    assert [finance.get(path).status_code for path in (CAMPAIGNS, PAIRS)] == [200, 200]
    assert finance.post(f"{CAMPAIGNS}{campaign.pk}/switch/").status_code == 403
    assert finance.post(f"{PAIRS}{pair.pk}/do/refuse/", {"reason": "x"}).status_code == 403
    assert add(finance).status_code == 403
    assert [clerk.get(path).status_code for path in (CAMPAIGNS, PAIRS)] == [403, 403]
    campaign.refresh_from_db()
    assert not campaign.is_stopped
