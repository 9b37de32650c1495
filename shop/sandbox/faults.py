"""What shall go wrong next, on demand: each fault has a name, the operation it waits for, and a count."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shop.sandbox.http import Refusal

CALLS = frozenset({"prepay", "query", "close", "refund", "query_refund", "bill", "download", "sms"})
NOTICES = frozenset({"notice", "payment_notice", "refund_notice"})
# Where each fault may strike. "*" means: at whichever of its operations comes first.
STRIKES: Mapping[str, frozenset[str]] = {
    "timeout_after_commit": CALLS,  # the work is done; mode="reset" (default), "hang" for `seconds`, or "http_500"
    "http_500": CALLS,  # no work is done
    "http_429": CALLS,
    "http_403": CALLS,  # no work is done, and asking again is no use
    "slow": CALLS,  # `seconds`, default 1: the work is done, then the answer waits
    "old_spelling": CALLS,  # error codes as older pages write them
    "wrong_signature": CALLS,
    "signtest_answer": CALLS,
    "missing_signature": CALLS,
    "notice_before_answer": frozenset({"prepay", "refund"}),
    "refund_abnormal": frozenset({"refund"}),
    "refund_closed": frozenset({"refund"}),
    "business_limit": frozenset({"sms"}),
    "duplicate_notice": NOTICES,  # `copies`, default 2
    "shuffled_notices": NOTICES,  # the next `count` notices are held and leave together, the last first
    "late_notice": NOTICES,  # `seconds`, default a day
    "never_deliver": NOTICES,
    "signtest_probe": NOTICES,
    "other_merchant": NOTICES,
    "amount_plus_1": NOTICES,
    "amount_minus_1": NOTICES,
}


@dataclass
class Fault:
    """One fault that waits."""

    name: str
    operation: str
    count: int
    options: dict[str, Any] = field(default_factory=dict)

    def strikes(self, operation: str) -> bool:
        """Say whether it is meant for `operation`, which its name allows."""
        wide = "notice" if operation in NOTICES else "*"
        return operation in STRIKES[self.name] and self.operation in {"*", wide, operation}


class Faults:
    """The faults that wait, first come first taken. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, *, name: str, operation: str = "*", count: int = 1, options: dict[str, Any]) -> None:
        """Let `name` happen at the next `count` uses of `operation`."""
        if name not in STRIKES or operation not in STRIKES[name] | {"*"}:
            raise Refusal(400, "PARAM_ERROR", f"no fault {name} at {operation}; there are: {', '.join(STRIKES)}")
        with self._lock:
            self._waiting.append(Fault(name, operation, count, options))

    def take(self, *, name: str, operation: str) -> Fault | None:
        """Return the fault if it shall happen now, and count it down."""
        with self._lock:
            for fault in self._waiting:
                if fault.name == name and fault.strikes(operation):
                    fault.count -= 1
                    if fault.count == 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """Return what still waits."""
        with self._lock:
            return [{"name": f.name, "operation": f.operation, "count": f.count} for f in self._waiting]
