from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "zhanggui.connectors.intake"
    label = "intake"
