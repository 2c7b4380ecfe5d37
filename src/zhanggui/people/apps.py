from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "zhanggui.people"
    label = "people"
