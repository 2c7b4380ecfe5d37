from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "zhanggui.logistics.inventory"
    label = "inventory"
