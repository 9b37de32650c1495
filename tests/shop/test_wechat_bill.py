"""Reading a trade bill, from a file written by hand after the documented sample."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shop.lib.wechat.answers import read_bill

BILL = (Path(__file__).parent.parent / "vectors" / "wechat_trade_bill.csv").read_bytes().decode()


def test_yuan_become_fen_and_shanghai_days_become_instants() -> None:
    payment, refund = read_bill(BILL)

    assert (payment.out_trade_no, payment.transaction_id, payment.state) == ("T0000001", "4200001", "SUCCESS")
    assert (payment.total, payment.refund, payment.fee) == (123450, 0, 741)
    assert (payment.refund_id, payment.out_refund_no, payment.refund_state) == ("", "", "")
    assert payment.at == datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    assert (refund.out_trade_no, refund.state, refund.total, refund.refund) == ("T0000001", "REFUND", 0, 10)
    assert (refund.refund_id, refund.out_refund_no, refund.refund_state) == ("5030001", "R1", "PROCESSING")


def test_columns_are_found_by_name_not_by_place() -> None:
    headings, first, *rest = BILL.splitlines()
    names, fields = headings.split(","), first.split(",`")
    swapped = ",".join([*names[:-1], "新的一列", names[-1]]), ",`".join([*fields[:-1], "x", fields[-1]])

    assert read_bill("\n".join([*swapped, rest[1], "`1,`1234.50,`0.00,`0.00,`0.00,`1234.50,`0.00"])) == [
        read_bill(BILL)[0]
    ]


@pytest.mark.parametrize(
    "cut",
    [
        lambda lines: lines[:1] + lines[2:],  # a row is missing
        lambda lines: lines[:-1],  # the sums are missing
        lambda lines: [lines[0], lines[1].rpartition(",`")[0], *lines[2:]],  # a field is missing
        lambda lines: [line.replace("1234.50", "1,234.50") for line in lines],
        lambda lines: [line.replace("2026-11-20", "20.11.2026") for line in lines],
        lambda lines: [],
        lambda lines: ["<html>", "", ""],
    ],
)
def test_a_bill_that_is_cut_or_odd_is_an_error_and_no_short_list(cut: object) -> None:
    assert callable(cut)
    with pytest.raises((ValueError, KeyError)):
        read_bill("\n".join(cut(BILL.splitlines())))
