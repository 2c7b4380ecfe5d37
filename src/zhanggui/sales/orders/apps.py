from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "zhanggui.sales.orders"
    label = "orders"
