from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "zhanggui.portal"
    label = "portal"
