"""Listens to what is given: points and coupons that one part of the marketing tools asks another for."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from members import services as members
from promotions import services as promotions


@dataclass
class Given:
    """What was asked for, in order; `are_left` says whether coupons are."""

    points: list[tuple[int, int, str, str]] = field(default_factory=list)  # member, points, kind, source
    coupons: list[tuple[int, str]] = field(default_factory=list)  # member, source
    are_left: bool = True

    def earn(self, *, member_id: int, points: int, kind: str, source: str, **facts: Any) -> None:
        self.points.append((member_id, points, kind, source))

    def issue(self, *, member: Any, source: str, **facts: Any) -> object:
        if not self.are_left:
            raise promotions.CouponNotIssued("这张券已经发完了")  # type: ignore[attr-defined]
        self.coupons.append((member.pk, source))
        return object()


def listen(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Take down what is given instead of giving it."""
    given = Given()
    if not hasattr(promotions, "CouponNotIssued"):
        monkeypatch.setattr(promotions, "CouponNotIssued", type("CouponNotIssued", (Exception,), {}), raising=False)
    monkeypatch.setattr(members, "earn_points", given.earn, raising=False)
    monkeypatch.setattr(promotions, "issue", given.issue, raising=False)
    return given
