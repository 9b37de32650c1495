"""Sending a coupon to many: who is meant, batches that go on after a crash, and nobody who gets two."""

from datetime import timedelta
from typing import Any

import pytest

from members.models import Level, Member, Message, OperationLog, Tag
from promotions import selectors
from promotions import services as promotions
from promotions.models import Coupon, CouponPush, CouponTemplate
from promotions.services import coupon_pushes
from shop.lib.states import IllegalMove
from tests.factories import NOON, make_member, make_staff
from tests.promotions.coupons import make_coupon, make_template

pytestmark = pytest.mark.django_db

ALL = {"everybody": True}


def start(template: CouponTemplate, audience: dict[str, Any] | None = None, **options: Any) -> CouponPush:
    return promotions.start_push(
        template=template, audience=audience or ALL, by=make_staff(is_superuser=True), now=NOON, **options
    )


def reached(audience: dict[str, Any]) -> set[int]:
    return set(selectors.audience_of(audience).values_list("pk", flat=True))


def holders() -> list[int]:
    return list(Coupon.objects.order_by("member").values_list("member", flat=True))


def test_an_audience_is_everybody_or_levels_tags_segments_or_chosen_members() -> None:
    gold, tag = Level.objects.create(name="金卡", min_value=0), Tag.objects.create(name="爱喝茶")
    plain, golden, silent = make_member(), make_member(level=gold), make_member(activity="silent")
    vip, tagged = make_member(is_vip=True), make_member()
    tagged.tags.add(tag)
    closed, staff = make_member(is_active=False), make_staff()
    make_member(erased_at=NOON)

    assert reached(ALL) == {plain.pk, golden.pk, silent.pk, vip.pk, tagged.pk}
    assert reached({"levels": [gold.pk]}) == {golden.pk}
    assert reached({"tags": [tag.pk]}) == {tagged.pk}
    assert reached({"segments": ["silent"]}) == {silent.pk}
    assert reached({"segments": ["silent", "vip"]}) == {silent.pk, vip.pk}
    assert reached({"members": [plain.pk, closed.pk, staff.pk, 999]}) == {plain.pk}
    assert reached({}) == reached({"levels": []}) == reached({"members": []}) == set()


def test_members_are_found_by_number_and_by_phone() -> None:
    member, other = make_member(), make_member()
    closed = make_member(is_active=False)

    assert selectors.members_by_no([member.no, "000"]) == {member.no: member.pk}
    phones = [other.phone, closed.phone, "13800000000", "x"]
    assert selectors.members_by_phone(phones) == {other.phone: other.pk}
    assert len(selectors.members_by_phone([*(f"137{number:08d}" for number in range(2000)), other.phone])) == 1


def test_the_preview_counts_who_gets_one() -> None:
    template = make_template(issue_mode="push", total=3)
    people = [make_member() for _ in range(4)]
    make_coupon(template, member=people[0])
    template.refresh_from_db()

    preview = promotions.preview_push(template=template, audience=ALL)

    assert (preview.meant, preview.reached, preview.left, preview.issued) == (4, 3, 2, 2)


def test_a_push_gives_everybody_one_and_tells_them() -> None:
    template = make_template(issue_mode="push")
    people = [make_member() for _ in range(5)]

    push = start(template)
    issued = promotions.run_pushes(now=NOON, batch=2)

    push.refresh_from_db()
    template.refresh_from_db()
    assert (issued, push.status, push.issued, push.reached, push.ended_at) == (5, "done", 5, 5, NOON)
    assert (holders(), template.issued) == ([member.pk for member in people], 5)
    assert promotions.run_pushes(now=NOON) == 0
    coupon = Coupon.objects.get(member=people[0])
    made_singly = make_coupon(make_template(issue_mode="push"), member=people[0])
    for column in ("name", "kind", "amount", "threshold", "scope_kind", "scope_ids", "issue_mode", "valid_from",
                   "valid_until", "issued_at", "used_at", "status"):  # fmt: skip
        assert getattr(coupon, column) == getattr(made_singly, column), column
    assert coupon.source == f"push:{push.pk}:{people[0].pk}"
    messages = list(Message.objects.order_by("member"))
    assert [message.member for message in messages] == people
    assert messages[0].body == "“满 50 减 5”减 ¥5，满 ¥50 可用。"
    assert OperationLog.objects.get(action="push_coupon").summary == "向 5 位会员发放 满 50 减 5"


def test_a_push_may_be_silent() -> None:
    make_member()
    start(make_template(issue_mode="push"), tells=False)

    promotions.run_pushes(now=NOON)

    assert (Coupon.objects.count(), Message.objects.count()) == (1, 0)


def test_nobody_gets_more_than_one_may_have() -> None:
    template = make_template(per_member=2)
    none, one, two = (make_member() for _ in range(3))
    for member, units in ((one, 1), (two, 2)):
        for _ in range(units):
            make_coupon(template, member=member)

    start(template)
    promotions.run_pushes(now=NOON)

    assert holders() == sorted([none.pk, one.pk, one.pk, two.pk, two.pk])
    assert Message.objects.count() == 2


def test_the_quota_ends_a_push() -> None:
    template = make_template(issue_mode="push", total=3)
    people = [make_member() for _ in range(5)]

    push = start(template)
    promotions.run_pushes(now=NOON, batch=2)

    push.refresh_from_db()
    template.refresh_from_db()
    assert (push.status, push.issued, push.reached, push.note) == ("done", 3, 3, "发放总量用完了")
    assert (template.issued, holders()) == (3, [member.pk for member in people[:3]])


def test_a_template_that_is_stopped_stops_its_push() -> None:
    template = make_template(issue_mode="push")
    for _ in range(4):
        make_member()
    push = start(template)
    coupon_pushes._next_batch(NOON, 2)

    promotions.stop_template(template=template, stop=True, by=None, now=NOON)
    promotions.run_pushes(now=NOON, batch=2)

    push.refresh_from_db()
    assert (push.status, push.issued, push.note) == ("stopped", 2, "这张券已经停发了")


def test_a_push_is_stopped_by_hand() -> None:
    for _ in range(4):
        make_member()
    push = start(make_template(issue_mode="push"))
    coupon_pushes._next_batch(NOON, 2)
    push.refresh_from_db()

    promotions.stop_push(push=push, by=push.created_by, now=NOON)

    assert (promotions.run_pushes(now=NOON), Coupon.objects.count()) == (0, 2)
    with pytest.raises(IllegalMove):
        promotions.stop_push(push=push, by=push.created_by, now=NOON)


def test_a_batch_that_dies_is_done_again_and_nobody_gets_two(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_member() for _ in range(6)]
    push = start(make_template(issue_mode="push"))
    coupon_pushes._next_batch(NOON, 2)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(coupon_pushes, "_tell", die)  # the last act of a batch
        with pytest.raises(KeyboardInterrupt):
            promotions.run_pushes(now=NOON, batch=2)
    push.refresh_from_db()
    assert (push.issued, push.last_member, len(holders())) == (2, people[1].pk, 2)

    promotions.run_pushes(now=NOON, batch=2)

    assert holders() == [member.pk for member in people]
    assert Message.objects.count() == 6


def test_members_who_had_it_from_this_push_are_passed_over_even_if_the_mark_was_lost() -> None:
    people = [make_member() for _ in range(3)]
    push = start(make_template(issue_mode="push", per_member=0))
    promotions.run_pushes(now=NOON)
    CouponPush.objects.update(status="running", last_member=0, ended_at=None)

    assert promotions.run_pushes(now=NOON) == 0

    assert (holders(), push.template.coupons.count()) == ([member.pk for member in people], 3)
    assert CouponTemplate.objects.get().issued == 3


def test_a_sweep_leaves_the_rest_to_the_next() -> None:
    for _ in range(4):
        make_member()
    start(make_template(issue_mode="push"))

    assert [promotions.run_pushes(now=NOON, batch=2, seconds=-1) for _ in range(4)] == [2, 2, 0, 0]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"issue_mode": "register"}, "自动发放"),
        ({"issue_mode": "push", "claim_to": NOON}, "领取结束"),
        ({"issue_mode": "push", "vip_only": True}, "没有可以发的会员"),
    ],
)
def test_a_push_that_makes_no_sense_is_refused(terms: dict[str, Any], words: str) -> None:
    make_member()

    with pytest.raises(promotions.PushRefused, match=words):
        start(make_template(**terms))

    assert (CouponPush.objects.count(), OperationLog.objects.filter(action="push_coupon").count()) == (0, 0)


def test_a_button_pressed_twice_sends_once() -> None:
    make_member()
    template = make_template(issue_mode="push", per_member=0)
    start(template)

    with pytest.raises(promotions.PushRefused, match="正在发放"):
        start(template)

    assert CouponPush.objects.count() == 1


def test_the_days_of_a_pushed_coupon_count_from_the_batch() -> None:
    member: Member = make_member()
    start(make_template(issue_mode="push", valid_days=2))

    promotions.run_pushes(now=NOON + timedelta(days=1))

    assert f"{Coupon.objects.get(member=member).last_moment:%F %T}" == "2026-03-04 23:59:59"
