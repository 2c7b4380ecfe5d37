from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "zhanggui.obligations.calendars"
    label = "calendars"
