from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    name = "zhanggui.logistics.fulfilment"
    label = "fulfilment"
