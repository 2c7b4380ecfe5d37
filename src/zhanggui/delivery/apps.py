from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "zhanggui.delivery"
    label = "delivery"
