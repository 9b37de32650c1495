"""Who may sign in to the demo: `ACCOUNTS` is printed after loading and at each start."""

from shop.demo.people import PASSWORD, SHOPPERS, WORKERS


def rows() -> list[tuple[str, str, str]]:
    """Return (account, secret, who) of everybody."""
    staff = [(worker.username, PASSWORD, f"{worker.title} {worker.nickname}") for worker in WORKERS]
    shoppers = [(shopper.phone, "SMS code", f"顾客 {shopper.nickname}") for shopper in SHOPPERS]
    return [*staff, *shoppers]


def table() -> list[str]:
    """Return the accounts as lines of one width; the Chinese column comes last, so that nothing needs counting."""
    head = [f"{'account':<14}{'password':<14}who", f"{'-' * 12:<14}{'-' * 11:<14}{'-' * 24}"]
    lines = [f"{account:<14}{secret:<14}{who}" for account, secret, who in rows()]
    return [*head, *lines, "The codes of shoppers arrive in the sandbox's SMS inbox; staff sign in at /admin/."]


ACCOUNTS = table()
