"""Products come in by their code: new, changed, unchanged; what contradicts itself is refused each time alike."""

from dataclasses import replace

import pytest
from tests.factories.orders import now, refusals
from tests.factories.steps import contents

from zhanggui.catalog.models import Sku
from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus

pytestmark = pytest.mark.django_db

TEA = SkuIn("TEA", "龙井", "250 g", "袋", "6901234567892", 12_800)


def take_in(*rows: SkuIn) -> list[int | str]:
    return [row.result for row in take_in_skus(list(rows), context=now()).accepted]


def test_a_new_product_is_kept_with_all_its_fields() -> None:
    (key,) = take_in(TEA)
    sku = Sku.objects.get()
    assert (sku.id, sku.code, sku.name, sku.specification) == (key, "TEA", "龙井", "250 g")
    assert (sku.unit, sku.barcode, sku.price_fen, sku.stocked) == ("袋", "6901234567892", 12_800, True)


def test_the_same_product_again_changes_nothing() -> None:
    take_in(TEA)
    before = contents()
    assert take_in(TEA, TEA) == ["unchanged", "unchanged"]
    assert contents() == before


@pytest.mark.parametrize(
    "other",
    [
        SkuIn("TEA", "碧螺春", "250 g", "袋", "6901234567892", 12_800),
        SkuIn("TEA", "龙井", "250 g", "袋", "6901234567892", None),
    ],
)
def test_other_data_under_a_known_code_changes_the_product_and_keeps_its_id(other: SkuIn) -> None:
    (key,) = take_in(TEA)
    assert take_in(other) == ["changed"]
    sku = Sku.objects.get()
    assert (sku.id, sku.name, sku.price_fen, sku.stocked) == (key, other.name, other.price_fen, other.stocked)


def test_whether_a_code_carries_stock_is_settled_at_its_birth() -> None:
    """Else an order reserved as a service could ship goods, and nothing in stock would tell."""
    take_in(TEA)
    given = take_in_skus([replace(TEA, stocked=False)], context=now())
    assert refusals(given) == [(0, "stocked_fixed")]
    assert Sku.objects.get().stocked


def test_codes_that_differ_in_case_are_different_products() -> None:
    assert len(set(take_in(TEA, SkuIn("tea", "龙井")))) == 2


def test_a_code_twice_with_other_data_is_refused_the_first_stands() -> None:
    given = take_in_skus([TEA, SkuIn("TEA", "碧螺春"), TEA], context=now())
    assert refusals(given) == [(1, "code_twice")]
    assert [row.result for row in given.accepted][1:] == ["unchanged"]
    assert Sku.objects.get().name == "龙井"


def test_a_file_that_contradicts_itself_changes_nothing_when_it_comes_again() -> None:
    rows = [TEA, SkuIn("TEA", "碧螺春")]
    take_in_skus(rows, context=now())
    before = contents()
    assert refusals(take_in_skus(rows, context=now())) == [(1, "code_twice")]
    assert contents() == before
