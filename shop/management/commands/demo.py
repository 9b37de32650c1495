"""`manage.py demo`: the whole shop in one terminal, for people who want to look at it (`make demo`)."""

import os
import signal
import sys
import time
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.demo.processes import ProcessEnded, Together, is_free, python

SECONDS_TO_START = 60


class StopAsked(Exception):
    """Somebody pressed Ctrl-C or sent a signal that means the same."""


class Command(BaseCommand):
    """Prepare the database, load the demo shop at the first start, then run web, worker and sandbox until Ctrl-C."""

    help = "Run the whole shop with its demo goods in this terminal; listens on 127.0.0.1 only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the two ports."""
        parser.add_argument("--port", type=int, help="where the shop listens (8000)")
        parser.add_argument("--sandbox-port", type=int, help="where the sandbox of WeChat Pay and SMS listens (8900)")

    def handle(self, *args: object, **options: Any) -> None:
        """Run until somebody stops it or one of the processes ends."""
        if not settings.DEMO:
            raise CommandError("The demo needs DEMO=1. Start it with: make demo")
        begin_again_at(port=options["port"], sandbox_port=options["sandbox_port"])
        demand_free_ports()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask_to_stop)
        together = Together(output=sys.stdout)
        try:
            self.prepare()
            start_all(together)
            wait_until_the_shop_answers(together)
            self.stdout.write(welcome())
            while True:
                together.check()
                time.sleep(0.3)
        except StopAsked:
            self.stdout.write("\nStopping ...")
        except ProcessEnded as error:
            raise CommandError(str(error)) from error
        finally:
            ignore_signals()
            together.stop()

    def prepare(self) -> None:
        """Bring database, keys and, at the first start or after a broken one, the goods into place."""
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        call_command("sandbox", keys_only=True, stdout=self.stdout)
        if not is_filled():
            self.stdout.write("First start: filling the shop ...")
            call_command("load_demo", force=True, quiet_accounts=True, stdout=self.stdout)


def is_filled() -> bool:
    """Tell whether `load_demo` has come to its end: its orders are the last it makes."""
    return all(apps.get_model(name).objects.exists() for name in ("catalog.Product", "orders.Order"))


def begin_again_at(*, port: int | None, sandbox_port: int | None) -> None:
    """Start this program anew when other ports were asked for: the settings read them from the environment."""
    addresses = {
        name: f"http://127.0.0.1:{wanted}"
        for name, wanted in (("SITE_URL", port), ("SANDBOX_URL", sandbox_port))
        if wanted is not None
    }
    if addresses:
        os.environ.update(addresses)
        os.execv(sys.executable, [sys.executable, sys.argv[0], "demo"])  # noqa: S606  this very program, no shell


def demand_free_ports() -> None:
    """Raise CommandError when somebody listens where the shop or the sandbox should."""
    for option, address in (("--port", settings.SITE_URL), ("--sandbox-port", settings.SANDBOX_URL)):
        if not is_free(port_of(address)):
            advice = f"Stop what runs there (another demo?) or choose another: manage.py demo {option} N"
            raise CommandError(f"Port {port_of(address)} is in use. {advice}")


def port_of(address: str) -> int:
    return urlsplit(address).port or 80


def ask_to_stop(number: int, frame: object) -> None:
    raise StopAsked


def ignore_signals() -> None:
    """Let a second Ctrl-C not interrupt the ending."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def start_all(together: Together) -> None:
    """Start the gateway first: the worker's first sweep may ask it."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    sandbox, web = port_of(settings.SANDBOX_URL), port_of(settings.SITE_URL)
    together.start("sandbox", python("manage.py", "sandbox", "--port", str(sandbox)), environment)
    gunicorn = ["-m", "gunicorn", "shop.wsgi", "--bind", f"127.0.0.1:{web}", "--threads", "8"]
    together.start("web", python(*gunicorn, "--log-level", "warning", "--graceful-timeout", "3"), environment)
    together.start("worker", python("manage.py", "worker"), environment)


def wait_until_the_shop_answers(together: Together) -> None:
    """Return when web and sandbox accept connections; raise CommandError after a minute."""
    deadline = time.monotonic() + SECONDS_TO_START
    while not is_live() or is_free(port_of(settings.SANDBOX_URL)):
        together.check()
        if time.monotonic() > deadline:
            raise CommandError(f"The shop did not answer within {SECONDS_TO_START} s.")
        time.sleep(0.2)


def is_live() -> bool:
    try:
        with urllib.request.urlopen(f"{settings.SITE_URL}/health/live", timeout=2) as answer:  # noqa: S310  our own
            return bool(answer.status == 200)
    except OSError:
        return False


def welcome() -> str:
    """Say where everything is and who may sign in."""
    site, sandbox = settings.SITE_URL, settings.SANDBOX_URL
    places = [
        ("Shop 商城", f"{site}/"),
        ("Back office 后台", f"{site}/admin/"),
        ("Counter 核销台", f"{site}/counter/"),
        ("Sandbox 收银台·短信箱", f"{sandbox}/"),
    ]
    lines = ["", "The shop is open. Ctrl-C closes it; what you did stays in var/.", ""]
    lines += [f"  {address:<32} {name}" for name, address in places]
    return "\n".join([*lines, "", *accounts(), ""])


def accounts() -> list[str]:
    from shop.demo.accounts import ACCOUNTS

    return [f"  {account}" for account in ACCOUNTS]
