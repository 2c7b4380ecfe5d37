from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "zhanggui.sales.invoices"
    label = "invoices"
