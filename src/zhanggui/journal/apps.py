from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "zhanggui.journal"
    label = "journal"
