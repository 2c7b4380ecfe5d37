"""Cases of the fault catalogue about one order known by one number, however a program wrote it."""

import pytest
from tests.factories.intake import let_in, row, table

from zhanggui.sales.orders.models import Order

pytestmark = pytest.mark.django_db


def test_C04_one_order_written_in_six_ways_is_one_order() -> None:
    first = let_in(table(row("5069830286478316001")))
    assert first.new == 1
    written = (
        " 5069830286478316001\u3000",
        "５０６９８３０２８６４７８３１６００１",
        "'5069830286478316001",
        '="5069830286478316001"',
        "\t5069830286478316001",
        "50698302864\u200b78316001",
    )
    for text in written:
        again = let_in(table(row(text)))
        assert (again.new, again.unchanged) == (0, 1), text
    assert list(Order.objects.values_list("external_id", flat=True)) == ["5069830286478316001"]
