"""The link that friends open, and the inviter's own page."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Member
from promotions.models import Referral
from shop.lib import posters
from tests.factories import make_member, make_phone
from tests.members.test_signing_in import sign_in
from tests.pages import valid_html
from tests.promotions.given import Given
from tests.promotions.test_referrals import join, make_campaign
from tests.sandbox import Sandbox
from tests.shop.front import as_member

pytestmark = pytest.mark.django_db
CODE = "abcdefghjk"


@pytest.fixture(autouse=True)
def given() -> Given:
    return Given()


def make_inviter(**fields: Any) -> Member:
    return make_member("小满", **({"invite_code": CODE} | fields))


def test_a_link_writes_nothing_and_leads_to_what_it_promises(client: Client, django_assert_num_queries: Any) -> None:
    make_campaign(starts_at=timezone.now())
    make_inviter()

    with django_assert_num_queries(1):
        opened = client.get(f"/i/{CODE}/")
    page = valid_html(client.get(opened.headers["Location"]))

    assert opened.headers["Location"] == "/invited/"
    assert "小* 邀请您来逛逛" in page
    assert "用手机号注册，马上送您 20 积分。" in page
    assert not Referral.objects.exists()


@pytest.mark.parametrize("code", ["nobodys234", "x" * 60])
def test_a_code_of_nobody_is_a_404(client: Client, code: str) -> None:
    make_inviter()

    assert client.get(f"/i/{code}/").status_code == 404


def test_a_member_who_left_brings_nobody(client: Client) -> None:
    make_inviter(is_active=False)

    assert client.get(f"/i/{CODE}/").status_code == 404


def test_registering_after_the_link_makes_the_pair(client: Client, sandbox: Sandbox, given: Any) -> None:
    make_campaign(starts_at=timezone.now())
    inviter = make_inviter()
    client.get(f"/i/{CODE}/")
    phone = make_phone()

    sign_in(client, sandbox, phone)

    pair = Referral.objects.get()
    assert (pair.inviter, pair.invitee.phone) == (inviter, phone)
    assert len(pair.device) == 64
    assert client.cookies["tuanpu_invite"].value == ""
    assert given.points == [(pair.invitee_id, 20, "invited", f"referral:{pair.pk}")]


def test_a_forged_cookie_is_nobodys(client: Client, sandbox: Sandbox) -> None:
    make_campaign(starts_at=timezone.now())
    make_inviter()
    client.cookies["tuanpu_invite"] = CODE

    assert "邀请已失效" in client.get("/invited/").content.decode()
    sign_in(client, sandbox, make_phone())

    assert not Referral.objects.exists()


def test_a_known_member_is_told_that_the_gift_is_for_new_ones(client: Client) -> None:
    make_campaign(starts_at=timezone.now())
    inviter = make_inviter()
    client.get(f"/i/{CODE}/")

    assert "您已经是会员了" in valid_html(as_member(client).get("/invited/"))
    assert "这是您自己的邀请链接" in valid_html(as_member(client, inviter).get("/invited/"))


def test_the_page_of_a_member_shows_link_code_and_rules(client: Client) -> None:
    make_campaign(starts_at=timezone.now(), rules_text="每人限领。", cap_per_day=3)
    page = valid_html(as_member(client, make_inviter()).get("/me/invite/"))

    for words in (f"/i/{CODE}/", "50 积分", "每人限领。", "每天最多 3 次", "我的邀请二维码", "转发本身没有奖励"):
        assert words in page


def test_a_member_of_old_makes_a_link_with_one_press(client: Client) -> None:
    make_campaign(starts_at=timezone.now())
    member = make_member()
    as_member(client, member)

    assert "生成我的邀请链接" in valid_html(client.get("/me/invite/"))
    member.refresh_from_db()
    assert member.invite_code is None
    client.post("/me/invite/")
    client.post("/me/invite/")

    member.refresh_from_db()
    assert f"/i/{member.invite_code}/" in client.get("/me/invite/").content.decode()


def test_without_a_campaign_the_statement_stays(client: Client) -> None:
    campaign = make_campaign(starts_at=timezone.now())
    inviter = make_inviter()
    join(inviter, now=timezone.now())
    campaign.is_stopped = True
    campaign.save()

    page = valid_html(as_member(client, inviter).get("/me/invite/"))

    assert "现在没有邀请活动" in page
    assert "已注册，等待首单" in page
    assert f"/i/{CODE}/" not in page


def test_friends_are_masked_and_cost_no_query_each(client: Client, django_assert_num_queries: Any) -> None:
    make_campaign(starts_at=timezone.now())
    inviter = make_inviter()
    as_member(client, inviter)
    for number in range(21):
        friend = join(inviter, now=timezone.now())
        Member.objects.filter(pk=friend.pk).update(nickname=f"王小{number}")

    with django_assert_num_queries(8):  # session, member, campaign, figures (3), count, friends
        page = client.get("/me/invite/").content.decode()

    assert "王小" not in page
    assert page.count(" 注册</small>") == 20
    assert friend.phone not in page


def test_the_poster_is_a_picture_for_its_owner(client: Client) -> None:
    as_member(client, make_inviter())
    assert client.get("/me/invite/poster.png").headers["Location"] == "/me/invite/"
    make_campaign(starts_at=timezone.now())

    answer = client.get("/me/invite/poster.png")

    if posters.is_font_there():
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "private, max-age=600"
    else:
        assert answer.headers["Location"] == "/me/invite/"
    assert Client().get("/me/invite/poster.png").status_code == 302
