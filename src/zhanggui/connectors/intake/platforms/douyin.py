"""Douyin shop (抖店): one row per sub-order with amounts of its own; some files join sub-orders by semicolons."""

from zhanggui.connectors.intake.platforms.shapes import Layout, columns, names

ORDERS = Layout(
    "douyin_order_73",
    columns(
        external_id="主订单编号",
        line_id="子订单编号",
        title="选购商品|商品名称",
        specification="商品规格|规格",
        quantity="商品数量",
        product_id="商品ID",
        sku="商家编码",
        unit_price="商品单价",
        payable="订单应付金额|应付金额",
        freight="运费",
        platform_discount="平台优惠",
        seller_discount="商家优惠",
        talent_discount="达人优惠",
        platform_borne="平台实际承担优惠金额",
        seller_borne="商家实际承担优惠金额",
        talent_borne="达人实际承担优惠金额",
        pay_method="支付方式",
        receiver="收件人",
        phone="收件人手机号|收件人手机",
        province="省",
        city="市",
        district="区",
        street="街道",
        address="详细地址|收货地址",
        address_changed="是否修改过地址",
        buyer_note="买家留言",
        placed_at="订单提交时间",
        flag="旗帜颜色",
        seller_note="商家备注",
        paid_at="支付完成时间",
        status="订单状态",
        platform_due_at="承诺发货时间",
        aftersale="售后状态",
        invoice_title="发票抬头",
        tax_no="纳税人识别号|税号",
        invoice_kind="发票类型",
    ),
    frozenset({"external_id", "line_id", "title", "quantity", "unit_price", "status", "placed_at"}),
    names(
        "优惠总金额|商家改价|支付优惠|红包抵扣|手续费|地址修改时段|订单完成时间|APP渠道|流量来源|订单类型|鲁班落地页ID|达人ID|达人昵称|"
        "所属门店ID|取消原因|预约发货时间|仓库ID|仓库名称|是否安心购|广告渠道|流量类型|流量体裁|流量渠道|发货主体|发货主体明细|发货时间|"
        "降价类优惠|预计送达时间|是否平台仓自流转|车型|商品69码|发货SN码|发货IMEI码1|发货IMEI码2|预约送达时间|建议发货时间（起）|"
        "建议发货时间（止）|物流SN码|物流IMEI码1|物流IMEI码2|商品ID"
    ),
    by_row=True,
    bearers=(
        (("seller_borne",), ("platform_borne", "talent_borne")),
        (("seller_discount",), ("platform_discount", "talent_discount")),
    ),
    stated=("payable",),
    joined=True,
    channels=("douyin",),
    money=frozenset({
        "payable", "freight", "platform_discount", "seller_discount", "talent_discount", "platform_borne",
        "seller_borne", "talent_borne",
    }),
)  # fmt: skip
