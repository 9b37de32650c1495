"""Pickup codes: twelve digits, the last one a check digit after Luhn, unique for ever."""

import re
import secrets
import unicodedata
from collections.abc import Callable
from contextlib import suppress

from django.db import IntegrityError, transaction

from orders.models import Order

DIGITS = 12
MOST_DRAWS = 5
CONFIRM_WORD = (
    "000000"  # typed, or scanned from the card on the counter, it confirms what is shown; no code is so short
)
AIM_PREFIX = re.compile(r"^\][A-Za-z]\d")  # what a scanner gun may put before the text: ISO/IEC 15424


class NoFreeCode(Exception):
    """Every code that was drawn is taken, which only a broken source of randomness can explain."""


class Mistyped(Exception):
    """The last of twelve digits is not the check digit of the others: one of them was read or typed wrongly."""

    message = "提货码有误，请核对后重输"


def new_code() -> str:
    """Draw a code; whether it is free, only the database knows."""
    body = f"{secrets.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
    return body + check_digit(body)


def write_code(order: Order, write: Callable[[str], None], *, draw: Callable[[], str] = new_code) -> None:
    """Let `write` store a code for `order`: the one it has, else one that nobody has.

    Runs inside the caller's transaction, under the order's lock. A code that is taken is drawn again; `write`
    must then have changed nothing but the database.
    """
    for _ in range(MOST_DRAWS):
        with suppress(IntegrityError), transaction.atomic():  # a savepoint: on PostgreSQL an error would end it all
            write(order.pickup_code or draw())
            return
    raise NoFreeCode(order.no)


def check_digit(body: str) -> str:
    """Return the Luhn digit that belongs behind `body`."""
    doubled = [int(digit) * 2 for digit in body[::-2]]
    total = sum(d // 10 + d % 10 for d in doubled) + sum(int(digit) for digit in body[-2::-2])
    return str(-total % 10)


def spaced(code: str | None) -> str:
    """Write a code as people read it: 1234 5678 9012."""
    return " ".join(re.findall("....", code or ""))


def masked(code: str | None) -> str:
    """Write a code so that it cannot be used: 1234 **** 9012."""
    return f"{code[:4]} **** {code[-4:]}" if code else ""


def parse(text: str) -> str:
    """Find the code in what was typed, pasted or scanned; "" when there is none.

    Spaces, dashes, full-width digits, a scanner's prefix, an address around the code and a code that
    was scanned twice in one go are forgiven. Raises Mistyped when twelve digits are there but cannot be a code.
    """
    plain = AIM_PREFIX.sub("", unicodedata.normalize("NFKC", text).strip())
    runs = re.findall(r"[0-9]+", re.sub(r"(?<=[0-9])[\s\-–—_.]+(?=[0-9])", "", plain))
    found = {run[:DIGITS] for run in runs if _is_code_once_or_twice(run)}
    codes = {digits for digits in found if check_digit(digits[:-1]) == digits[-1]}
    if found and not codes:
        raise Mistyped
    return codes.pop() if len(codes) == 1 else ""


def is_confirmation(text: str) -> bool:
    """Say whether what was typed or scanned is the word that confirms the open card."""
    return AIM_PREFIX.sub("", unicodedata.normalize("NFKC", text).strip()) == CONFIRM_WORD


def _is_code_once_or_twice(run: str) -> bool:
    return len(run) == DIGITS or (len(run) == 2 * DIGITS and run[:DIGITS] == run[DIGITS:])
