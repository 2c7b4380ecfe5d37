"""JD: one row per line, amounts of the order repeated on each."""

from zhanggui.connectors.intake.platforms.shapes import Amounts, Layout, columns, names


def _kept_balance(amounts: Amounts) -> Amounts:
    """Return the amounts with the part that the buyer paid from a balance counted among what the buyer pays."""
    if "payable" not in amounts and "settled" in amounts:
        return {**amounts, "payable": amounts["settled"]}
    return amounts


ORDERS = Layout(
    "jd_order_30",
    columns(
        external_id="订单号|订单编号",
        product_id="商品ID|商品编号|SKU编号",
        sku="货号|商家SKUID|商家SKU|商家编码",
        title="商品名称",
        specification="商品规格|规格",
        quantity="订购数量|商品数量|数量",
        unit_price="京东价",
        pay_method="支付方式",
        placed_at="下单时间",
        paid_at="付款确认时间|付款时间",
        goods_total="订单金额",
        settled="结算金额",
        balance="余额支付",
        payable="应付金额",
        freight="运费金额|运费",
        seller_discount="商家优惠|商家优惠金额|店铺优惠",
        platform_discount="平台优惠|京东优惠|平台优惠金额",
        status="订单状态",
        buyer="下单帐号|下单账号",
        receiver="客户姓名|收货人姓名|收件人",
        address="客户地址|收货地址",
        phone="联系电话|联系手机",
        buyer_note="订单备注|买家留言|客户备注",
        seller_note="商家备注",
        flag="商家备注等级",
        invoice_kind="发票类型",
        invoice_title="发票抬头",
        tax_no="纳税人识别号|税号",
        aftersale="售后状态",
        platform_due_at="承诺发货时间|最晚发货时间|应发货时间",
    ),
    frozenset({"external_id", "quantity", "unit_price", "status", "placed_at", "title"}),
    names("订单类型|发票内容|增值税发票|订单完成时间|订单来源|订单渠道|商品ID|是否为品牌团|京豆支付|物流公司|运单号|订单标记"),
    bearers=((("seller_discount",), ("platform_discount",)),),
    stated=("payable", "balance"),
    adjust=_kept_balance,
    channels=("jd",),
    money=frozenset({
        "settled", "balance", "payable", "freight", "seller_discount", "platform_discount",
    }),
)  # fmt: skip
