from django.apps import AppConfig


class RegulationConfig(AppConfig):
    name = "zhanggui.regulation"
    label = "regulation"
