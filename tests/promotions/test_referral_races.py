"""Two workers, two browsers: a reward and a pair exist once. PostgreSQL only, each with a twin without its guard."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from members.models import Member
from promotions import services as promotions
from promotions.models import Referral, ReferralStatus
from promotions.services import referrals
from shop.lib.states import IllegalMove
from tests.factories import NOON, make_member
from tests.promotions.given import Given
from tests.promotions.test_referrals import complete, join, make_campaign
from tests.racing import at_once, endings, without_conditions, without_locks

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]
DUE = NOON + timedelta(days=15)


@pytest.fixture
def given() -> Given:
    return Given()


def reward_four_of_one_inviter_at_once(cap: int) -> int:
    make_campaign(cap_per_day=cap, cap_total=0)
    inviter = make_member()
    for number in range(4):
        complete(join(inviter), order_no=str(number))
    pks = list(Referral.objects.values_list("pk", flat=True))
    at_once([partial(referrals._reward_if_due, pk, DUE) for pk in pks])
    return Referral.objects.filter(status=ReferralStatus.REWARDED).count()


def test_the_cap_of_a_day_holds_against_four_workers(given: Given) -> None:
    assert reward_four_of_one_inviter_at_once(2) == 2


def test_without_the_lock_it_does_not(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)

    assert reward_four_of_one_inviter_at_once(2) > 2


def reward_one_pair_by_four_workers(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often the reward was handed over; the ledger of points would swallow the second time."""
    make_campaign(invitee_points=0)
    complete(join(make_member()))
    handed: list[int] = []
    give: Any = vars(referrals)["give_points"]

    def count(**facts: Any) -> None:
        handed.append(facts["points"])
        give(**facts)

    monkeypatch.setattr(referrals, "give_points", count)
    assert sum(endings([partial(promotions.reward_referrals, now=DUE)] * 4).values()) == 4
    return len(handed)


def test_a_pair_is_rewarded_once_by_four_workers(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reward_one_pair_by_four_workers(monkeypatch) == 1
    assert len(given.points) == 1


def test_without_lock_and_condition_it_is_handed_over_again(monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    without_conditions(monkeypatch)

    assert reward_one_pair_by_four_workers(monkeypatch) > 1


def test_a_decision_and_a_reward_exclude_each_other(given: Given) -> None:
    make_campaign()
    member: Member = join(make_member())
    complete(member)
    boss = make_member()
    given.clear()
    refuse: Any = partial(promotions.refuse_referral, referral=member.referral, by=boss, note="同一个人", now=DUE)

    results = at_once([partial(promotions.reward_referrals, now=DUE), refuse])

    status = Referral.objects.get().status
    assert not any(isinstance(result, IllegalMove) for result in results)
    assert (status, len(given.points)) in {("rewarded", 1), ("refused", 0)}
