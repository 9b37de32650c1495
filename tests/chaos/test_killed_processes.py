"""kill -9 of the real web server and the real worker while buyers pay and money goes back."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests
from django.conf import LazySettings
from django.db import connection
from django.utils import timezone

from members.models import Member
from orders import services as orders
from orders.models import Order
from shop import audit
from tests.chaos.crashing import sweep_until_quiet
from tests.chaos.reporting import report
from tests.environment import free_port
from tests.factories import make_sku
from tests.orders.shopping import boss, buy, open_shop, start
from tests.sandbox import ROOT, Sandbox

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

KILLS = 8
BUYERS = 6
PATIENCE = 120  # seconds for a start
SPEED = 10  # of the gateway: its first repeat comes after 1.5 s


class Shop:
    """The shop as it runs: gunicorn with two processes, and a worker with its clock."""

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
            "SANDBOX_URL": sandbox.url,
            "KEYS_DIR": str(sandbox.folder / "keys"),
            "SITE_URL": self.url,
        }
        web = ["-m", "gunicorn", "shop.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
        self.commands = {"web": web, "worker": ["manage.py", "worker"]}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start what does not run and wait until the web server answers."""
        for name, command in self.commands.items():
            if name not in self.running:
                self.running[name] = subprocess.Popen(
                    [sys.executable, *command], cwd=ROOT, env=self.environment, start_new_session=True,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < deadline, "the web server does not answer"
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/live", timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        """End a program and all its processes without a word of warning."""
        program = self.running.pop(name)
        os.killpg(program.pid, signal.SIGKILL)
        program.wait(20)


@pytest.fixture
def shop(sandbox: Sandbox, settings: LazySettings) -> Iterator[Shop]:
    shop = Shop(sandbox, free_port())
    settings.SITE_URL = shop.url
    sandbox.set_speed(SPEED)
    open_shop()
    try:
        shop.start()
        yield shop
    finally:
        for name in list(shop.running):
            shop.kill(name)


def buyers_pay_and_staff_refund(sandbox: Sandbox, owner: Member) -> None:
    """Let some buyers pay, whose notices are on their way afterwards, and refund what was paid before."""
    for order in Order.objects.filter(status="ready_for_pickup", refunds=None):
        orders.refund_order(order=order, by=owner, now=timezone.now(), reason="缺货")
    payments = [start(buy((make_sku(), 2)), now=timezone.now()) for _ in range(BUYERS)]
    for payment in payments:
        sandbox.pay(payment.out_trade_no, deliver=False)


def test_no_killed_process_loses_or_doubles_a_fen(shop: Shop, sandbox: Sandbox) -> None:
    owner, chance = boss(), random.Random(7)

    with report("kill -9 of web and worker while money moves") as row:
        for number in range(KILLS):
            buyers_pay_and_staff_refund(sandbox, owner)
            time.sleep(chance.uniform(0, 0.4) if number % 2 else chance.uniform(1, 6))
            shop.kill("web" if number % 2 else "worker")
            shop.start()
            row.attempts, row.successes = row.attempts + 1, row.successes + 1
        time.sleep(6)

    heard = Order.objects.exclude(status="pending_payment").count()
    for name in list(shop.running):
        shop.kill(name)
    sandbox.set_speed(6000)
    sweep_until_quiet(sandbox)
    assert heard > BUYERS  # the web server did hear of payments; the sweeps of this test heard of the rest
    assert Order.objects.filter(paid_at=None).count() == 0
    assert [str(finding) for finding in audit.run(now=timezone.now())] == []
