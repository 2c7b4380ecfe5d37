from django.apps import AppConfig


class ShortagesConfig(AppConfig):
    name = "zhanggui.sales.shortages"
    label = "shortages"
