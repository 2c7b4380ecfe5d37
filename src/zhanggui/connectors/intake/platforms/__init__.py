"""The layouts of the platforms, as data, and which of them a file is."""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from zhanggui.connectors.intake.platforms import douyin, jd, pinduoduo, shopify, taobao
from zhanggui.connectors.intake.platforms.shapes import Layout
from zhanggui.connectors.spreadsheets.mapping import FIELDS, normalise

PLATFORMS: Mapping[str, Layout] = MappingProxyType({
    layout.name: layout
    for layout in (
        taobao.ORDER_LIST, taobao.ORDER_DETAIL, taobao.SUB_ORDERS, jd.ORDERS, pinduoduo.ORDERS, douyin.ORDERS,
        shopify.ORDERS,
    )
})  # fmt: skip


def recognised(header: Sequence[str]) -> Layout | None:
    """Return the layout that knows the most columns of a header; None if it is none of them."""
    scored = [(layout.score(header), layout) for layout in PLATFORMS.values()]
    best, layout = max(scored, key=lambda one: one[0])
    return layout if best else None


@cache
def header_names() -> frozenset[str]:
    """Return every name that a column of a known file may have, normalised."""
    known = {name for layout in PLATFORMS.values() for name in layout.known}
    fields = {normalise(name) for subject in FIELDS.values() for field in subject for name in field.names}
    return frozenset(known | fields)
