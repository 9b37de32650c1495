"""What every part of the gateway shares: the merchant's account, the keys, the books, the clock and the faults."""

import threading
from dataclasses import dataclass, field

from shop.sandbox.books import Books
from shop.sandbox.clock import Clock
from shop.sandbox.faults import Faults
from shop.sandbox.signing import Keys


@dataclass(frozen=True, kw_only=True)
class Account:
    """The one merchant the gateway knows, as the shop's settings describe it."""

    mchid: str
    appid: str
    serial_no: str
    apiv3_key: str = field(repr=False)
    public_key_id: str
    access_key_id: str
    access_key_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """The running gateway. `wake` tells the notifier that there may be something to send."""

    account: Account
    keys: Keys
    books: Books
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    wake: threading.Event = field(default_factory=threading.Event)
