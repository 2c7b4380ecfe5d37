"""Which column of a file is which field: the fields of each subject as data, and a guess from the header.

A guess is a proposal for a person or a saved mapping, made from names alone: case, spaces, underscores,
brackets with their content and units do not matter. Two columns of one name ask; two names of one field take
the stronger name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from zhanggui.kernel.text import half_width

Subject = Literal["orders", "products", "stock"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a file of the subject may fill.

    `names` are the headers it is known under, strongest first; `instead_of` names the required field that
    this one answers in another unit.
    """

    name: str
    zh: str
    en: str
    names: tuple[str, ...]
    required: bool = False
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the header seems to mean.

    `columns` field → column index; `missing` required fields without a column; `doubled` fields whose header
    stands more than once, each with its columns, to be asked; `unknown` indexes of columns that are not used;
    `confidence` 0 to 100: 80 for the required fields found, 20 for the share of columns understood.
    """

    columns: Mapping[str, int]
    missing: tuple[str, ...]
    doubled: Mapping[str, tuple[int, ...]]
    unknown: tuple[int, ...]
    confidence: int

    @property
    def complete(self) -> bool:
        """Return whether the file can be read without asking anybody."""
        return not self.missing and not self.doubled


def _field(name: str, zh: str, en: str, names: str, required: bool = False, instead_of: str = "") -> Field:
    return Field(name, zh, en, tuple(word.strip() for word in names.split("|")), required, instead_of)


_SKU = (
    "商家编码|sku|sku code|merchant code|sku编码|规格编码|商品编码|商家sku|stock code|lineitem sku|"
    "货号|产品编码|物料编码|商品货号|外部系统编号|item code|product code|item|code|商家编码-规格维度|"
    "商家编码-商品维度|编码"
)

ORDERS: tuple[Field, ...] = (
    _field(
        "external_id", "订单编号", "Order number",
        "订单编号|订单号|主订单编号|主订单号|external id|order id|order no|order number|order|"
        "invoice no|invoice number|invoice|平台单号|交易号|交易编号|原始单号|外部订单号|单号",
        required=True,
    ),
    _field(
        "line_id", "子订单编号", "Line id",
        "子订单编号|子订单号|external line id|line id|line no|明细编号|行号",
    ),
    _field("sku", "商家编码", "SKU", _SKU, required=True),
    _field(
        "title", "商品名称", "Product name",
        "商品名称|品名|商品标题|宝贝标题|标题|选购商品|title|product name|item name|lineitem name|"
        "product title|description|product|商品",
    ),
    _field(
        "quantity", "数量", "Quantity",
        "数量|商品数量|购买数量|订购数量|quantity|qty|lineitem quantity|units|pieces|件数|宝贝总数量|"
        "下单数量",
        required=True,
    ),
    _field(
        "unit_price", "单价", "Unit price",
        "单价|商品单价|unit price|price|lineitem price|价格|销售单价|京东价|售价|成交单价|item price",
        required=True,
    ),
    _field(
        "unit_price_fen", "单价（分）", "Unit price, minor units",
        "unit price fen|price fen|unit price cents|price cents|unit price minor|price minor",
        instead_of="unit_price",
    ),
    _field(
        "placed_at", "下单时间", "Placed at",
        "下单时间|订单创建时间|订单提交时间|placed at|created at|order date|order time|invoice date|"
        "ordered at|创建时间|拍下时间|订单时间|订单成交时间|下单日期|date|时间|日期",
        required=True,
    ),
    _field(
        "paid_at", "付款时间", "Paid at",
        "付款时间|订单付款时间|支付时间|支付完成时间|付款确认时间|paid at|payment date|payment time|"
        "付款日期",
    ),
    _field(
        "buyer", "买家", "Buyer",
        "买家|买家会员名|买家昵称|客户编号|客户|下单帐号|下单账号|会员名|buyer|customer id|customer|"
        "buyer id|buyer name|customer name|买家名称",
    ),
    _field("email", "电子邮箱", "E-mail", "电子邮箱|邮箱|email|e mail|mail|buyer email"),
    _field(
        "receiver", "收货人", "Receiver",
        "收件人|收货人|收货人姓名|收件人姓名|receiver|recipient|consignee|shipping name|receiver name|"
        "客户姓名|姓名",
    ),
    _field(
        "phone", "手机", "Phone",
        "手机|联系手机|收件人手机号|收件人手机|收货人手机|手机号|手机号码|phone|mobile|shipping phone|"
        "receiver phone|收件人电话|联系电话|电话|tel",
    ),
    _field(
        "province", "省", "Province",
        "省|省份|收货省份|province|shipping province name|shipping province|state",
    ),
    _field("city", "市", "City", "市|城市|收货城市|city|shipping city"),
    _field("district", "区", "District", "区|区县|县区|县|收货区县|district|county|area"),
    _field(
        "address", "地址", "Address",
        "详细地址|收货地址|收件地址|收件人地址|地址|address|shipping address|shipping address1|"
        "shipping street|street|客户地址",
    ),
    _field("country", "国家", "Country", "国家|国家地区|country|shipping country"),
    _field(
        "freight", "运费", "Freight",
        "运费|邮费|运费金额|买家应付邮费|freight|shipping fee|shipping|postage",
    ),
    _field(
        "discount", "优惠", "Discount",
        "优惠|优惠金额|商家优惠|店铺优惠|店铺优惠折扣|商家实际承担优惠金额|优惠总金额|折扣|折扣金额|"
        "discount|discount amount|lineitem discount|seller discount",
    ),
    _field(
        "platform_discount", "平台优惠", "Platform's discount",
        "平台优惠|平台优惠折扣|平台优惠金额|platform discount",
    ),
    _field(
        "stated", "买家实付", "Buyer pays",
        "买家实付|实付金额|用户实付金额|买家实际支付金额|订单应付金额|应付金额|订单金额|order total|total|paid amount",
    ),
    _field("status", "订单状态", "Status", "订单状态|交易状态|状态|status|order status|financial status"),
    _field(
        "platform_due_at", "承诺发货时间", "Platform's limit",
        "承诺发货时间|最晚发货时间|应发货时间|ship by|platform due at",
    ),
    _field("buyer_note", "买家留言", "Buyer's message",
    "买家留言|买家备注|客户留言|buyer note|buyer message|customer note"),
    _field(
        "seller_note", "卖家备注", "Seller's memo",
        "卖家备注|商家备注|订单备注|备注|seller note|seller memo|remark|remarks|memo",
    ),
    _field("flag", "旗帜", "Flag", "旗帜|旗帜颜色|备注旗帜|备注等级|flag"),
    _field("specification", "规格", "Specification", "规格|商品规格|商品属性|规格名称|specification|spec|variant"),
    _field("invoice_title", "发票抬头", "Invoice title", "发票抬头|invoice title"),
    _field("tax_no", "税号", "Tax number", "税号|纳税人识别号|tax number|tax no"),
)  # fmt: skip

PRODUCTS: tuple[Field, ...] = (
    _field("sku", "商家编码", "SKU", _SKU, required=True),
    _field(
        "name", "商品名称", "Name",
        "商品名称|名称|品名|产品名称|商品标题|标题|name|product name|title|item name|description|"
        "product title|商品",
        required=True,
    ),
    _field(
        "specification", "规格", "Specification",
        "规格|商品规格|规格型号|规格名称|属性|specification|spec|variant|options",
    ),
    _field("unit", "单位", "Unit", "单位|计量单位|unit|uom|unit of measure"),
    _field(
        "price", "售价", "Price",
        "售价|价格|单价|销售价|零售价|标准售价|price|unit price|selling price|list price|sale price|"
        "retail price",
    ),
    _field(
        "price_fen", "售价（分）", "Price, minor units",
        "price fen|unit price fen|price cents|price minor|unit price cents",
        instead_of="price",
    ),
    _field(
        "barcode", "条码", "Barcode",
        "条码|条形码|商品条码|商品69码|69码|国际条码|barcode|ean|upc|gtin|ean13",
    ),
    _field(
        "stocked", "是否管库存", "Stocked",
        "是否管库存|管库存|库存管理|管理库存|是否管理库存|stocked|track stock|track inventory|tracked|"
        "is stocked|stock item",
    ),
)  # fmt: skip

STOCK: tuple[Field, ...] = (
    _field("sku", "商家编码", "SKU", _SKU, required=True),
    _field(
        "warehouse", "仓库", "Warehouse",
        "仓库编码|仓库代码|warehouse code|仓库|仓库名称|所在仓库|warehouse|warehouse name|location|"
        "depot",
    ),
    _field(
        "quantity", "数量", "Quantity",
        "数量|库存|库存数量|期初库存|期初数量|入库数量|实际库存|现有库存|可用库存|quantity|qty|"
        "on hand|quantity on hand|on hand quantity|stock|stock quantity|opening|opening stock|"
        "opening quantity|opening balance|units|pieces|received|received quantity|结存|件数",
        required=True,
    ),
    _field(
        "reference", "入库单号", "Reference",
        "入库单号|单号|单据编号|参考号|reference|ref|receipt no|receipt|document|document no|batch|"
        "批次|批次号",
    ),
)  # fmt: skip

FIELDS: Mapping[Subject, tuple[Field, ...]] = MappingProxyType({"orders": ORDERS, "products": PRODUCTS, "stock": STOCK})

_BRACKETS = re.compile(r"[(\[【〔<《「][^)\]】〕>》」]*[)\]】〕>》」]")
_NOT_NAMING = re.compile(r"[\W_]+")


@cache
def normalise(header: str) -> str:
    """Return the part of a column's name that names: no case, spaces, marks, nor what is in brackets."""
    narrow = half_width(header).casefold()
    bare = _NOT_NAMING.sub("", _BRACKETS.sub("", narrow))
    return bare or _NOT_NAMING.sub("", narrow)


@cache
def _known(subject: Subject) -> Mapping[str, tuple[str, int]]:
    """Return normalised name → (field, rank), rank 0 being the strongest name of its field."""
    known: dict[str, tuple[str, int]] = {}
    for field in FIELDS[subject]:
        for rank, name in enumerate((field.name, *field.names)):
            known.setdefault(normalise(name), (field.name, rank))
    return MappingProxyType(known)


def guess(header: Sequence[str], subject: Subject = "orders") -> Guess:
    """Propose which column fills which field.

    Takes: header, the names of the columns in their order.
    Gives: a guess; a field whose winning name stands twice has no column until somebody chooses.
    """
    known = _known(subject)
    found: dict[str, dict[int, list[int]]] = {}
    for index, name in enumerate(header):
        match = known.get(normalise(name))
        if match:
            found.setdefault(match[0], {}).setdefault(match[1], []).append(index)
    best = {field: ranks[min(ranks)] for field, ranks in found.items()}
    columns = {field: indexes[0] for field, indexes in best.items() if len(indexes) == 1}
    doubled = {field: tuple(indexes) for field, indexes in best.items() if len(indexes) > 1}
    return _judged(header, subject, columns, doubled)


def _judged(
    header: Sequence[str],
    subject: Subject,
    columns: Mapping[str, int],
    doubled: Mapping[str, tuple[int, ...]],
) -> Guess:
    answered = {field.instead_of for field in FIELDS[subject] if field.instead_of and field.name in columns}
    required = [field.name for field in FIELDS[subject] if field.required]
    missing = tuple(name for name in required if name not in columns and name not in doubled and name not in answered)
    used = set(columns.values())
    unknown = tuple(index for index, name in enumerate(header) if index not in used and name.strip())
    named = sum(1 for name in header if name.strip()) or 1
    found = len(required) - len(missing) - len([name for name in doubled if name in required])
    confidence = 80 * max(0, found) // len(required) + 20 * len(used) // named
    return Guess(MappingProxyType(dict(columns)), missing, MappingProxyType(dict(doubled)), unknown, confidence)


def check_mapping(columns: Mapping[str, int], width: int, subject: Subject = "orders") -> tuple[str, ...]:
    """Return what is wrong with a mapping that a person chose or that was saved; empty if it can be used.

    Gives: codes with their subject: `unknown_field:x`, `no_such_column:x`, `column_used_twice:3`,
    `missing:x`.
    """
    known = {field.name for field in FIELDS[subject]}
    wrong = [f"unknown_field:{name}" for name in columns if name not in known]
    wrong += [f"no_such_column:{name}" for name, index in columns.items() if not 0 <= index < width]
    indexes = list(columns.values())
    wrong += [f"column_used_twice:{index}" for index in sorted(set(indexes)) if indexes.count(index) > 1]
    answered = {field.instead_of for field in FIELDS[subject] if field.instead_of and field.name in columns}
    wrong += [
        f"missing:{field.name}"
        for field in FIELDS[subject]
        if field.required and field.name not in columns and field.name not in answered
    ]
    return tuple(wrong)
