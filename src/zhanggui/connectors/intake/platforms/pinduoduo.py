"""Pinduoduo: one row per order, each of one product; the price is given for the whole row."""

import re

from zhanggui.connectors.intake.platforms.shapes import Layout, columns, names

_DATED = re.compile(r"(\d\d)(\d\d)(\d\d)-\d{9,}", re.ASCII)


def _day_in(order_number: str) -> str:
    """Return the day with which every order number of the platform begins: 261102-… was placed on 2026-11-02."""
    found = _DATED.fullmatch(order_number)
    return f"20{found[1]}-{found[2]}-{found[3]}" if found else ""


ORDERS = Layout(
    "pdd_order_27",
    columns(
        title="商品|商品名称|商品标题",
        external_id="订单号|订单编号",
        status="订单状态",
        row_total="商品总价|商品总价(元)",
        freight="邮费|运费|邮费(元)",
        seller_discount="店铺优惠折扣|商家优惠",
        platform_discount="平台优惠折扣|平台优惠",
        pay_cut="多多支付立减金额|多多支付立减",
        paid="用户实付金额",
        quantity="商品数量",
        product_id="样式ID|商品id",
        specification="商品规格|规格",
        sku="商家编码-规格维度|商家编码-商品维度|商家编码",
        seller_note="商家备注|备注",
        flag="备注旗帜|商家备注旗帜|旗帜颜色",
        buyer_note="买家留言|留言",
        aftersale="售后状态",
        placed_at="订单成交时间|订单创建时间|拼单成功时间|成交时间|下单时间",
        paid_at="支付时间|付款时间",
        platform_due_at="承诺发货时间|最晚发货时间|应发货时间",
        buyer="买家昵称|用户昵称",
        receiver="收货人|收件人|收货人姓名",
        phone="手机|收货手机|联系手机|收件人手机",
        province="省|省份",
        city="市|城市",
        district="区|区县",
        address="详细地址|收货地址|街道",
    ),
    frozenset({"external_id", "status", "row_total", "quantity", "paid", "placed_at"}),
    names(
        "商家实收金额|发货时间|确认收货时间|商品id|样式ID|商家编码-商品维度|快递单号|快递公司|是否分期|分期期数|手续费承担方|分期方式|"
        "是否抽奖或0元试用|国家|是否门店自提|门店名称|门店自提编号|买手Id|是否顺丰加价|支付ID|身份证号码|身份证姓名|分期|"
        "是否预售|预约配送日期|是否审核中|订单承诺发货时间"
    ),
    bearers=((("seller_discount",), ("platform_discount", "pay_cut")),),
    stated=("paid",),
    channels=("pinduoduo",),
    money=frozenset({"freight", "seller_discount", "platform_discount", "pay_cut", "paid"}),
    day_in=_day_in,
)  # fmt: skip
