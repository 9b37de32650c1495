"""The pictures of the merchant handbook, from the demo shop in Chromium: `make handbook`.

Opens a demo of its own, with a database that is thrown away, goes through the back office and the counter as the
handbook does, and writes docs/handbook/pictures/*.webp.
"""

import io
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from shop.demo.people import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURES = ROOT / "docs" / "handbook" / "pictures"
MOST_BYTES = 60_000  # of one picture
SECONDS_TO_OPEN = 900  # the drawings of the goods take their time
PAINTING = 1000  # milliseconds, for frames too
PHONE: ViewportSize = {"width": 375, "height": 812}
DESK: ViewportSize = {"width": 1280, "height": 800}
PICTURES_ARE_THERE = """[...document.images].every((image) => {
  const { left, top } = image.getBoundingClientRect();
  return image.complete || left > innerWidth || top > innerHeight;
})"""
GOODS_FILE = (
    "商品编码,商品名称,分类,规格,本站价,库存\n"
    "YC-01,手工陶杯,家居布艺,颜色:青; 容量:250 毫升,58,20\n"
    "YC-01,,,颜色:白; 容量:250 毫升,58,20\n"
    "YC-02,亚麻桌旗,家居布艺,,一百二,8\n"
    "YC-03,藤编果篮,家居布艺,,76,12\n"
)


@dataclass(frozen=True)
class Shop:
    """A demo that runs at `url`, with its data in `folder`."""

    url: str
    folder: Path

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement of SQL, for what no page shows to the staff: pickup codes."""
        with sqlite3.connect(self.folder / "tuanpu.sqlite3", timeout=30) as database:
            return database.execute(statement).fetchall()


Act = Callable[[Page, Shop], object]


@contextmanager
def demo() -> Iterator[Shop]:
    """Open a demo in a folder of its own, and close it again."""
    port, sandbox_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="tuanpu-handbook-", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "manage.py", "demo", "--port", str(port), "--sandbox-port", str(sandbox_port)]
        environment = {**os.environ, "DEMO": "1", "VAR_DIR": folder}
        sys.stdout.write("Opening a demo shop; drawing its goods takes a minute or two ...\n")
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            shop = Shop(f"http://127.0.0.1:{port}", Path(folder))
            wait_for(shop, process)
            yield shop
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(shop: Shop, process: "subprocess.Popen[bytes]") -> None:
    """Return when the shop answers."""
    deadline = time.monotonic() + SECONDS_TO_OPEN
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(f"{shop.url}/health/live", timeout=5).ok:
                return
        time.sleep(1)
    raise SystemExit("The demo did not open.")


# --- What is to be seen --------------------------------------------------------------------------------------------
def at(path: str) -> Act:
    return lambda page, shop: page.goto(path)


def open_store(page: Page, shop: Shop) -> None:
    page.goto("/admin/shop/store/")
    page.get_by_role("link", name="拱宸桥店").first.click()
    page.get_by_role("heading", name="自提时段").first.evaluate("it => it.scrollIntoView()")
    page.mouse.wheel(0, -120)  # the head of the page covers the top


def type_product(page: Page, shop: Shop) -> None:
    page.goto("/admin/catalog/product/add/")
    page.get_by_label("商品名称").fill("棉麻毛巾")
    page.get_by_label("卖点").fill("吸水快，越洗越软")
    page.evaluate("scrollTo(0, 0)")


def make_specs(page: Page, shop: Shop) -> None:
    type_product(page, shop)
    page.get_by_role("radio", name="价格库存").check(force=True)
    page.get_by_text("多种规格").click()
    for number, (name, values) in enumerate([("颜色", "米白\n浅灰"), ("尺寸", "小\n中\n大")]):
        page.locator(f"#axis-{number}-name").fill(name)
        page.locator(f"#axis-{number}-values").fill(values)
    page.get_by_role("button", name="生成规格").click()
    page.locator("[name=fill-price]").fill("29")
    page.locator("[name=fill-stock]").fill("20")
    page.get_by_role("button", name="填充", exact=True).click()
    expect(page.locator("[name=skus-5-stock]")).to_have_value("20")
    expect(page.frame_locator("[data-preview-frame]").locator(".price").first).to_contain_text("29")
    page.locator(".bo-fill").evaluate("it => it.scrollIntoView({ block: 'center' })")


def choose(page: Page, action: str, *, rows: int) -> None:
    """Tick the first rows of a list and run a batch action on them."""
    for row in range(rows):
        page.locator("#result_list input.action-select").nth(row).check(force=True)
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="执行").click()
    page.wait_for_load_state()


def see_new_prices(page: Page, shop: Shop) -> None:
    page.goto("/admin/catalog/product/")
    choose(page, "批量改价", rows=4)
    page.get_by_label("降价 %").check(force=True)
    page.get_by_label("多少").fill("5")
    page.get_by_role("button", name="看看改成多少").click()
    expect(page.get_by_role("button", name="确认改价")).to_be_visible()


def check_file(page: Page, shop: Shop) -> None:
    page.goto("/admin/catalog/product/import/")
    file = {"name": "goods.csv", "mimeType": "text/csv", "buffer": GOODS_FILE.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="检查文件").click()
    expect(page.get_by_role("heading", name="检查结果（还没有导入）")).to_be_visible()


def open_order(page: Page, shop: Shop) -> None:
    page.goto("/admin/orders/order/?tab=preparing")
    page.locator("#result_list a[href*='/change/']:visible").first.click()
    expect(page.get_by_role("link", name="发货")).to_be_visible()


def open_refund(page: Page, shop: Shop) -> None:
    open_order(page, shop)
    page.get_by_role("link", name="退款", exact=True).click()
    page.get_by_label("退款原因").fill("一件缺货")


def check_parcels(page: Page, shop: Shop) -> None:
    numbers = shop.ask("SELECT no FROM orders_order WHERE status = 'preparing' ORDER BY id")
    rows = [f"{no}，SF10{row}8273645{row}" for row, (no,) in enumerate(numbers)]
    page.goto("/admin/orders/order/ship/")
    page.get_by_label("快递公司").fill("顺丰速运")
    page.get_by_label("订单号和快递单号").fill("\n".join([*rows, "2026010112345678，SF1099999999"]))
    page.get_by_role("button", name="检查").click()
    expect(page.get_by_text("可以发货").first).to_be_visible()


def open_slips(page: Page, shop: Shop) -> None:
    page.goto("/admin/orders/order/")
    ids = shop.ask("SELECT id FROM orders_order WHERE status IN ('preparing', 'ready_for_pickup') ORDER BY id")
    page.goto("/admin/orders/order/print/?ids=" + ",".join(str(pk) for (pk,) in ids[:3]))


def scan(page: Page, shop: Shop, statement: str) -> None:
    """Scan the first code that a statement finds; the orders that lie ready were booked for today."""
    shop.ask("UPDATE orders_order SET pickup_day = date('now', '+8 hours') WHERE status = 'ready_for_pickup'")
    page.goto("/counter/")
    page.get_by_label("扫码或输入 12 位提货码").fill(shop.ask(statement)[0][0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="确认核销")).to_be_visible()


def scan_paid(page: Page, shop: Shop) -> None:
    scan(
        page,
        shop,
        """
        SELECT pickup_code FROM orders_order JOIN shop_store ON shop_store.id = store_id
        WHERE status = 'ready_for_pickup' AND paid_at IS NOT NULL AND shop_store.name = '拱宸桥店'
    """,
    )


def scan_unpaid(page: Page, shop: Shop) -> None:
    scan(page, shop, "SELECT pickup_code FROM orders_order WHERE status = 'ready_for_pickup' AND paid_at IS NULL")


@dataclass(frozen=True)
class Picture:
    """A picture: who sees what on which screen; `who` is "" for a shopper."""

    name: str
    who: str
    act: Act

    @property
    def is_of_phone(self) -> bool:
        return self.name.endswith("-phone")


SCENES = [
    Picture("shop-phone", "", at("/")),
    Picture("home-desk", "owner", at("/admin/")),
    Picture("settings-phone", "owner", at("/admin/shop/shopsettings/")),
    Picture("store-desk", "owner", open_store),
    Picture("staff-desk", "owner", at("/admin/staff/")),
    Picture("home-blocks-desk", "owner", at("/admin/catalog/homeblock/")),
    Picture("goods-desk", "operator", at("/admin/catalog/product/")),
    Picture("goods-phone", "operator", type_product),
    Picture("specs-desk", "operator", make_specs),
    Picture("prices-desk", "operator", see_new_prices),
    Picture("import-phone", "operator", check_file),
    Picture("orders-desk", "operator", at("/admin/orders/order/")),
    Picture("order-phone", "operator", open_order),
    Picture("ship-desk", "operator", check_parcels),
    Picture("slip-desk", "operator", open_slips),
    Picture("refund-phone", "operator", open_refund),
    Picture("counter-desk", "clerk-bridge", scan_paid),
    Picture("counter-phone", "clerk-bridge", scan_unpaid),
    Picture("redemptions-desk", "operator", at("/admin/orders/redemption/")),
]


# --- Taking them ---------------------------------------------------------------------------------------------------
def take_all(shop: Shop, wanted: list[str]) -> None:
    """Take the pictures whose names are `wanted`, or all of them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for scene in SCENES:
            if not wanted or scene.name in wanted:
                take(browser, shop, scene)
        browser.close()


def take(browser: Browser, shop: Shop, scene: Picture) -> None:
    context = browser.new_context(
        base_url=shop.url,
        viewport=PHONE if scene.is_of_phone else DESK,
        device_scale_factor=2 if scene.is_of_phone else 1,
        has_touch=scene.is_of_phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        bypass_csp=True,  # waiting for pictures evaluates an expression
    )
    page = context.new_page()
    if scene.who:
        sign_in(page, scene.who)
    scene.act(page, shop)
    page.wait_for_function(PICTURES_ARE_THERE)
    page.wait_for_timeout(PAINTING)
    content = small(page.screenshot(animations="disabled"))
    (PICTURES / f"{scene.name}.webp").write_bytes(content)
    sys.stdout.write(f"{scene.name:<20}{len(content):>7} bytes\n")
    context.close()


def sign_in(page: Page, username: str) -> None:
    page.goto("/admin/login/")
    page.locator("[name=username]").fill(username)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "login" not in url)


def small(content: bytes) -> bytes:
    """Return a screenshot as WebP of at most MOST_BYTES, as good as that allows."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    for quality in range(85, 20, -5):
        file = io.BytesIO()
        picture.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


if __name__ == "__main__":
    with demo() as shop_of_the_demo:
        take_all(shop_of_the_demo, sys.argv[1:])
