"""What processes cost: CPU time and memory of a process with all its children, as the kernel counts them."""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PARENT, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM, RESIDENT = 1, 11, 12, 13, 14, 21  # places in stat, after the name


@dataclass(frozen=True, slots=True)
class Process:
    """What /proc/<pid>/stat says of a process: CPU seconds, its own and of children that ended, and bytes in memory."""

    parent: int
    cpu: float
    of_children: float
    memory: int


def cpu_seconds(roots: list[int]) -> float:
    """Return what the processes `roots` and all below them have used since they began, the ended ones included."""
    known = _processes()
    return sum(known[pid].cpu + known[pid].of_children for pid in _family(roots, known))


def memory_bytes(root: int) -> list[int]:
    """Return the resident memory of each child of `root`."""
    return [process.memory for process in _processes().values() if process.parent == root]


def parent_of(pid: int) -> int:
    """Return the process that began `pid`."""
    return _processes()[pid].parent


def _family(roots: list[int], known: dict[int, Process]) -> set[int]:
    found = set(roots) & set(known)
    while True:
        more = {pid for pid, process in known.items() if process.parent in found} - found
        if not more:
            return found
        found |= more


def _processes() -> dict[int, Process]:
    found = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = place.read_text()
        except OSError:  # it ended while we looked
            continue
        parts = text.rpartition(")")[2].split()
        ticks = [int(parts[index]) / TICK for index in (USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM)]
        found[int(place.parent.name)] = Process(
            int(parts[PARENT]), ticks[0] + ticks[1], ticks[2] + ticks[3], int(parts[RESIDENT]) * PAGE
        )
    return found
