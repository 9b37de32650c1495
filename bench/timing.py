"""CPU time of a call, in milliseconds: what it costs, whatever else the machine does meanwhile."""

import statistics
import time
from collections.abc import Callable

ROUNDS = 3
CALLS = 40


def cpu_ms(call: Callable[[], object]) -> float:
    """Return the median over rounds of the mean CPU milliseconds of `call`, after a warm-up."""
    call()
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            call()
        rounds.append((time.process_time() - began) * 1000 / CALLS)
    return statistics.median(rounds)
