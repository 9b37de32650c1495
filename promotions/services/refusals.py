"""Why something about coupons is refused: each carries the sentence that the person sees."""

from collections.abc import Sequence
from dataclasses import dataclass


class CouponRefused(Exception):
    """Base: `message` is the sentence."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class CouponNotIssued(CouponRefused):
    """This member cannot be given this coupon, or not now; nothing was written."""


class CouponNotUsable(CouponRefused):
    """This coupon cannot be spent by this member now; nothing was written."""


class CodeRefused(CouponRefused):
    """No coupon for this code; nothing was written."""


class PushRefused(CouponRefused):
    """The coupon cannot be sent to these people; `field` is where the sentence belongs, "" for the whole form."""

    def __init__(self, message: str, field: str = "") -> None:
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class CouponProblem:
    """One thing that is wrong with the terms of a coupon; `field` is a column of CouponTemplate."""

    field: str
    sentence: str


class TemplateRefused(Exception):
    """The terms make no sense, or may no longer be changed; nothing was written."""

    def __init__(self, problems: Sequence[CouponProblem]) -> None:
        self.problems = list(problems)
        super().__init__("；".join(problem.sentence for problem in problems))
