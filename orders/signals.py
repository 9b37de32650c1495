"""What apps above orders may react to. Sent inside the transaction; a receiver that raises undoes it."""

from django.dispatch import Signal

order_placed = Signal()  # order: Order
order_paid = Signal()  # order: Order.  A receiver may raise PaymentRefused: the money then goes back by itself.
order_cancelled = Signal()  # order: Order
order_completed = Signal()  # order: Order
order_reopened = Signal()  # order: Order.  A redemption was undone: take back what completion gave.
order_refunded = Signal()  # order: Order, refund: Refund.  The money has arrived at the buyer.
