"""Files as the platforms write them, with invented rows: named cells in, bytes out."""

import csv
import io
from collections.abc import Mapping, Sequence

TAOBAO_LIST = (
    "订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额", "返点积分",
    "买家实际支付金额",
    "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址 ", "运送方式", "联系电话 ", "联系手机",
    "订单创建时间",
    "订单付款时间 ", "宝贝标题 ", "宝贝种类 ", "物流单号 ", "物流公司", "订单备注", "宝贝总数量", "发票抬头",
    "修改后的收货地址", "异常信息",
)  # fmt: skip
TAOBAO_DETAIL = (
    "订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注", "订单状态", "商家编码",
)  # fmt: skip
TAOBAO_SUB_ORDERS = (
    "子订单编号", "主订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "套餐信息", "备注",
    "订单状态", "商家编码",
    "支付单号", "买家应付货款", "买家实际支付金额", "退款状态", "退款金额", "订单创建时间", "订单付款时间",
)  # fmt: skip
JD = (
    "订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "结算金额", "余额支付",
    "应付金额",
    "订单状态", "下单帐号", "客户姓名", "客户地址", "联系电话", "订单备注", "发票类型", "发票抬头", "商家备注",
    "商家备注等级（等级1-5为由高到低）", "运费金额", "付款确认时间", "货号", "",
)  # fmt: skip
PDD = (
    "商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)",
    "多多支付立减金额(元)",
    "用户实付金额(元)", "商家实收金额(元)", "商品数量(件)", "商品id", "商品规格", "样式ID", "商家编码-规格维度",
    "商家编码-商品维度",
    "商家备注", "售后状态", "订单成交时间",
)  # fmt: skip
DOUYIN = (
    "主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商品ID", "商家编码", "商品单价", "订单应付金额",
    "运费", "优惠总金额",
    "平台优惠", "商家优惠", "达人优惠", "支付方式", "收件人", "收件人手机号", "省", "市", "区", "街道", "详细地址",
    "是否修改过地址",
    "买家留言", "订单提交时间", "旗帜颜色", "商家备注", "支付完成时间", "订单状态", "承诺发货时间", "售后状态",
    "平台实际承担优惠金额",
    "商家实际承担优惠金额", "达人实际承担优惠金额",
)  # fmt: skip
SHOPIFY = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Taxes",
    "Total", "Discount Amount", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
    "Lineitem discount", "Shipping Name", "Shipping Street", "Shipping City", "Shipping Country", "Shipping Phone",
    "Notes", "Cancelled at", "Payment Method", "Risk Level",
)  # fmt: skip
Cells = Mapping[str, object]
AT, PAID_AT = "2026-03-01 10:00:00", "2026-03-01 10:05:00"


def file_of(
    header: Sequence[str], *rows: Cells, encoding: str = "utf-8", titles: Sequence[Sequence[str]] = ()
) -> bytes:
    """A CSV file with this header; cells are given by the names of their columns, trimmed."""
    text = io.StringIO()
    names = [name.strip() for name in header]
    writer = csv.writer(text)
    writer.writerows(titles)
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return text.getvalue().encode(encoding)


def of_list(number: str, goods: str, **more: object) -> Cells:
    """An order of a Taobao list: paid, to be shipped, without freight unless said otherwise."""
    freight = str(more.pop("freight", "0.00"))
    total = f"{float(goods) + float(freight):.2f}"
    return {
        "订单编号": f'="{number}"', "买家会员名": "李小雨", "买家应付货款": goods, "买家应付邮费": freight,
        "总金额": total,
        "买家实际支付金额": total, "订单状态": "买家已付款,等待卖家发货", "收货人姓名": "李小雨",
        "收货地址": "浙江省 杭州市 余杭区 良渚街道 玉鸟路1号", "联系手机": "'13812340001", "订单创建时间": AT,
        "订单付款时间": PAID_AT,
        **more,
    }  # fmt: skip


def of_detail(number: str, code: str, pieces: int, price: str, **more: object) -> Cells:
    """A line of a Taobao detail file."""
    return {
        "订单编号": f'="{number}"', "标题": code, "价格": price, "购买数量": pieces, "商家编码": code,
        "订单状态": "买家已付款,等待卖家发货", **more,
    }  # fmt: skip


def of_douyin(number: str, line: str, code: str, pieces: object, price: str, payable: str, **more: object) -> Cells:
    """A sub-order of Douyin, paid and to be shipped, its receiver kept by the platform."""
    return {
        "主订单编号": f"\t{number}", "子订单编号": f"\t{line}", "选购商品": f"\t{code}", "商品数量": pieces,
        "商家编码": f"\t{code}",
        "商品单价": price, "订单应付金额": payable, "运费": "0.00", "收件人": "##密文", "收件人手机号": "$$密文",
        "省": "江苏省",
        "市": "苏州市", "详细地址": "##密文", "订单提交时间": AT, "支付完成时间": PAID_AT, "订单状态": "待发货",
        "售后状态": "-", **more,
    }  # fmt: skip


def of_pdd(number: str, total: str, pieces: int, paid: str, **more: object) -> Cells:
    """An order of Pinduoduo, to be shipped."""
    return {
        "商品": "袜子", "订单号": f"\t{number}", "订单状态": "待发货", "商品总价(元)": total, "邮费(元)": "0.00",
        "用户实付金额(元)": paid, "商品数量(件)": pieces, "商家编码-规格维度": "SOCK", "售后状态": "无售后或售后取消",
        "订单成交时间": AT, **more,
    }  # fmt: skip


def of_jd(number: str, code: str, pieces: int, price: str, payable: str, **more: object) -> Cells:
    """A line of JD, paid and to be shipped."""
    return {
        "订单号": number, "商品名称": code, "订购数量": pieces, "支付方式": "在线支付", "下单时间": AT, "京东价": price,
        "应付金额": payable, "订单状态": "等待出库", "付款确认时间": PAID_AT, "货号": code, "客户姓名": "李*", **more,
    }  # fmt: skip


def of_shopify(number: str, code: str, pieces: int, price: str, **more: object) -> Cells:
    """A line of Shopify; what belongs to the order is given for its first line."""
    return {
        "Name": number, "Lineitem quantity": pieces, "Lineitem name": code, "Lineitem price": price,
        "Lineitem sku": code,
        "Created at": "2026-03-01 10:00:00 +0800", **more,
    }  # fmt: skip
