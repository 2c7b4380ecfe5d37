"""Taobao and Tmall (千牛): the list of orders, the detail file with their lines, and the newer file of sub-orders."""

from zhanggui.connectors.intake.platforms.shapes import DETAIL, LIST, Amounts, Layout, columns, names

_PAID = "买家实际支付金额|买家实付金额|实付金额"


def _points_apart(amounts: Amounts) -> Amounts:
    """Return the amounts with what was paid by coupons and points of the platform kept apart."""
    total, paid = amounts.get("total"), amounts.get("paid", 0)
    if total is None or not 0 < paid < total:
        return amounts
    return {**amounts, "by_platform": total - paid, "total": paid}


ORDER_LIST = Layout(
    "taobao_order_list_38",
    columns(
        external_id="订单编号|主订单编号",
        buyer="买家会员名|买家昵称|买家旺旺",
        goods="买家应付货款",
        freight="买家应付邮费",
        total="总金额",
        paid=_PAID,
        status="订单状态",
        buyer_note="买家留言|主订单买家留言",
        receiver="收货人姓名|收件人姓名",
        address="收货地址|收件地址",
        new_address="修改后的收货地址",
        landline="联系电话",
        phone="联系手机|手机",
        placed_at="订单创建时间",
        paid_at="订单付款时间|付款时间",
        title="宝贝标题|商品标题",
        seller_note="订单备注|商家备注|卖家备注",
        flag="备注标签|旗帜颜色|卖家备注旗帜|备注旗帜",
        units="宝贝总数量|商品总数量",
        invoice_title="发票抬头",
        tax_no="纳税人识别号|税号|发票税号",
        invoice_kind="发票类型",
        changed_sku="修改后的sku",
        odd="异常信息",
        aftersale="退款状态|售后状态",
        presale="分阶段订单信息|分阶段信息|预售信息",
        platform_due_at="应发货时间|最晚发货时间|承诺发货时间|发货时限",
        merge_key="oaid",
        address_changed="是否修改过地址",
    ),
    frozenset({"external_id", "goods", "total", "status", "placed_at"}),
    names(
        "买家支付宝账号|买家支付积分|返点积分|买家实际支付积分|运送方式|宝贝种类|物流单号|物流公司|分销商Id|分销商店铺名称|"
        "订单关闭原因|卖家服务费|买家服务费|定金排名|卡券抵扣|积分抵扣|是否是O2O交易|店铺Id|店铺名称|支付单号|支付详情|含应开票给个人的个人红包|"
        "是否手机订单|是否上传合同照片|是否上传小票|是否代付|特权订金订单id|新零售交易类型|新零售导购门店名称|新零售导购门店id|"
        "新零售发货门店名称|新零售发货门店id|退款金额|预约门店|确认收货时间|打款商家金额|发货时间|买家实际支付金额|数字藏品|是否预售"
    ),
    half=LIST,
    goods="goods",
    stated=("total",),
    adjust=_points_apart,
    splits_address=True,
    channels=("taobao", "tmall"),
    money=frozenset({"goods", "freight", "total", "paid"}),
)  # fmt: skip

ORDER_DETAIL = Layout(
    "taobao_order_detail_10",
    columns(
        external_id="订单编号|主订单编号",
        title="标题|宝贝标题",
        unit_price="价格|商品价格",
        quantity="购买数量",
        sku="商家编码|外部系统编号",
        specification="商品属性|规格名称|套餐信息",
        status="订单状态",
        aftersale="退款状态|售后状态",
    ),
    frozenset({"external_id", "title", "unit_price", "quantity", "sku"}),
    names("外部系统编号|套餐信息|备注|支付单号|买家应付货款|买家实际支付金额|退款金额|商品ID"),
    without=names("下单时间|订单创建时间|创建时间|付款时间|placed at|order date"),
    half=DETAIL,
    channels=("taobao", "tmall"),
)

SUB_ORDERS = Layout(
    "taobao_sub_orders",
    columns(
        line_id="子订单编号",
        external_id="主订单编号|订单编号",
        title="标题|宝贝标题|商品标题",
        unit_price="价格|商品价格",
        quantity="购买数量",
        sku="商家编码|外部系统编号",
        product_id="商品ID|宝贝ID",
        specification="商品属性|规格名称|套餐信息",
        status="订单状态|交易状态",
        aftersale="退款状态|售后状态",
        goods="买家应付货款|应付货款",
        freight="买家应付邮费|邮费",
        placed_at="订单创建时间|创建时间",
        paid_at="订单付款时间|付款时间|支付时间",
        seller_note="商家备注|卖家备注|备注",
        buyer_note="主订单买家留言|买家留言",
        flag="备注标签|旗帜颜色",
        buyer="买家会员名|买家昵称",
        receiver="收货人姓名",
        phone="联系手机",
        address="收货地址",
        presale="分阶段信息|分阶段订单信息",
        platform_due_at="应发货时间|最晚发货时间|承诺发货时间|发货时限",
        merge_key="oaid",
    ),
    frozenset({"line_id", "external_id", "title", "unit_price", "quantity", "placed_at"}),
    names(
        "外部系统编号|套餐信息|联系方式备注|支付单号|买家实际支付金额|退款金额|发货时间|物流单号|物流公司|是否主动赔付|主动赔付金额|"
        "主动赔付出账时间|确认收货时间|颜色编码|预计发货时间|卖家实收金额|商家实收金额|买家实付金额"
    ),
    by_row=True,
    goods="goods",
    splits_address=True,
    channels=("taobao", "tmall"),
    money=frozenset({"goods", "freight"}),
)
