"""The sandbox gateway as tests use it: `manage.py sandbox` in a process of its own, with a port and keys of its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

ROOT = Path(__file__).resolve().parent.parent
# What the shop's settings may hold by chance must not reach the process: it shall be the demo's gateway.
LEFT_OUT = {"KEYS_DIR", "WECHAT_PAY_PRIVATE_KEY_FILE", "WECHAT_PAY_PUBLIC_KEY_FILE", "DATABASE_URL"}


class Sandbox:
    """A gateway that is started with `with Sandbox(folder) as sandbox:` and told what to do by its methods.

    `speed` divides every waiting time: repeats of notices, the minute between refunds, the limits of SMS.
    """

    def __init__(self, folder: Path, *, port: int = 0, speed: float = 1.0) -> None:
        self.folder = folder
        self.port = port
        self.speed = speed
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @classmethod
    def at(cls, url: str) -> Self:
        """Return a hand on a gateway that another process started."""
        sandbox = cls(Path())
        sandbox.url = url
        return sandbox

    def start(self) -> None:
        """Start the process and wait until it listens; a second start finds keys and books as they were."""
        environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        command = [sys.executable, "manage.py", "sandbox", "--port", str(self.port), "--speed", str(self.speed)]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, "DEMO": "1", "VAR_DIR": str(self.folder)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said.startswith("sandbox at "), f"the sandbox did not start: {said!r}"
        self.url = said.removeprefix("sandbox at ").strip()
        self.port = int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        """End the process; its books stay."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=10)
            self._process = None

    @property
    def wechat_pay(self) -> dict[str, Any]:
        """What `settings.WECHAT_PAY` must say differently to talk to this gateway."""
        return {
            "base_url": f"{self.url}/mch",
            "private_key_file": self.folder / "keys" / "merchant_private.pem",
            "public_key_file": self.folder / "keys" / "wechatpay_public.pem",
            "timeout": (2.0, 2.5),  # seconds; a hanging answer costs a test the second number
        }

    # --- Being a person ---------------------------------------------------------------------------------------------

    def pay(self, out_trade_no: str, *, late: bool = False, deliver: bool = True) -> str:
        """Pay as a person would and return the transaction id.

        `late` pays although the payment is expired or closed. `deliver=False` leaves the notice to the notifier's
        own thread; otherwise it was sent once, whatever the shop said, when this returns.
        """
        return str(self.tell("pay", out_trade_no=out_trade_no, late=late, deliver=deliver)["transaction_id"])

    def sms_code(self, phone: str) -> str:
        """Return the code in the newest text message to this phone."""
        codes = [message["params"]["code"] for message in self.messages(phone) if "code" in message["params"]]
        assert codes, f"no code was sent to {phone}"
        return str(codes[0])

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """Return the text messages to this phone, newest first: template, params, sign_name, sent_at."""
        return [message for message in self.look("sms") if message["phone"] == phone]

    # --- Being the gateway -------------------------------------------------------------------------------------------

    def fault(self, name: str, *, operation: str = "*", count: int = 1, **options: Any) -> None:
        """Let `name` go wrong at the next `count` uses of `operation`; both are listed in `shop.sandbox.faults`."""
        self.tell("fault", name=name, operation=operation, count=count, **options)

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self.tell("clear_faults")

    def deliver(self, *, everything: bool = False) -> int:
        """Send now what is due, or all that waits (refunds settled first); return how many were sent."""
        return int(self.tell("deliver", everything=everything)["sent"])

    def settle_refund(self, out_refund_no: str = "", *, state: str = "SUCCESS") -> None:
        """Let a refund end as `state`; without a number all that are under way end as they were meant to."""
        self.tell("settle_refund", **({"out_refund_no": out_refund_no, "state": state} if out_refund_no else {}))

    def sign_notice(self, about: str, *, forgery: str = "") -> tuple[dict[str, str], bytes]:
        """Return headers and body of the newest notice about an out_trade_no or out_refund_no, signed now.

        For posting with Django's test client. `forgery` is one of foreign_key, foreign_serial, signtest.
        """
        told = self.tell("sign_notice", about=about, forgery=forgery)
        return told["headers"], told["body"].encode()

    def forge(self, about: str, *, forgery: str = "foreign_key", url: str = "") -> str:
        """Send a forged copy of the newest notice about a number; return the status the shop answered with."""
        return str(self.tell("forge", about=about, forgery=forgery, **({"url": url} if url else {}))["status"])

    def advance(self, seconds: float) -> None:
        """Push the gateway's clock forward; requests are still dated by the real one."""
        self.tell("advance", seconds=seconds)

    def set_speed(self, speed: float) -> None:
        """Divide every waiting time by `speed` from now on, until `reset`."""
        self.tell("speed", speed=speed)

    def reset(self) -> None:
        """Empty the books, forget faults, set the clock right."""
        self.tell("reset")

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """Return the gateway's books: payments, refunds, notices, warnings; amounts in fen."""
        books: dict[str, list[dict[str, Any]]] = self.look("ledger")
        return books

    def look(self, what: str) -> Any:
        """Ask the control endpoint for ledger, sms or faults."""
        answer = requests.get(f"{self.url}/__control/{what}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def tell(self, do: str, **wish: Any) -> dict[str, Any]:
        """Tell the control endpoint what to do; an unknown or impossible wish fails the test."""
        answer = requests.post(f"{self.url}/__control", json={"do": do, **wish}, timeout=30)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told
