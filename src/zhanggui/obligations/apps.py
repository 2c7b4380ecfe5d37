from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "zhanggui.obligations"
    label = "obligations"
