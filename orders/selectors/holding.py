"""What orders hold of one member, for them to take away."""

from typing import Any

from django.db.models import Prefetch

from members.models import Member
from orders.models import Order, OrderLine, Payment, PaymentStatus, Refund, Shipment
from shop.lib.money import yuan


def personal_data(member: Member) -> dict[str, Any]:
    """Return all that this app holds of a member: cart and orders, also those taken off the list. Seven queries."""
    cart = member.cart_items.order_by("pk").values("sku__product__name", "units", "added_at")
    paid = Prefetch("payments", Payment.objects.filter(status=PaymentStatus.PAID).order_by("pk"))
    orders = member.orders.order_by("pk").select_related("store").prefetch_related(
        Prefetch("lines", OrderLine.objects.order_by("pk")), paid,
        Prefetch("refunds", Refund.objects.order_by("pk")), Prefetch("shipments", Shipment.objects.order_by("pk")),
    )  # fmt: skip
    return {"购物车": list(cart), "订单": [_order(order) for order in orders]}


def _order(order: Order) -> dict[str, Any]:
    return {
        "订单号": order.no, "类型": order.get_order_type_display(), "状态": order.get_status_display(),
        "下单时间": order.created_at, "支付时间": order.paid_at, "完成时间": order.completed_at,
        "门店": order.store.name, "收货方式": order.get_delivery_method_display(),
        "收货人": order.receiver_name, "收货手机": order.receiver_phone, "地址": order.full_address,
        "买家留言": order.buyer_remark, "商家备注": order.merchant_remark,
        "商品": [
            {"名称": line.name, "规格": line.spec_text, "件数": line.units, "实付（元）": yuan(line.paid_amount)}
            for line in order.lines.all()
        ],
        "应付（元）": yuan(order.payable_amount), "实付（元）": yuan(order.paid_amount),
        "已退款（元）": yuan(order.refunded_amount),
        "支付": [
            {"渠道": one.get_channel_display(), "流水号": one.transaction_id, "金额（元）": yuan(one.amount)}
            for one in order.payments.all()
        ],
        "退款": [
            {
                "退款单号": one.out_refund_no, "金额（元）": yuan(one.amount),
                "状态": one.get_status_display(), "原因": one.reason,
            }
            for one in order.refunds.all()
        ],
        "包裹": [{"快递公司": one.company, "快递单号": one.tracking_no} for one in order.shipments.all()],
    }  # fmt: skip
