"""Settings, all from the environment or from the home folder; no secret lives in the repository.

`ZHANGGUI_HOME` (default `var/`) holds state; `ZHANGGUI_DATABASE_URL` names another database.
"""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from zhanggui.config.environment import home_folder, log_level, zone
from zhanggui.config.home import database_from_url, home_secret, networks
from zhanggui.config.messages import adapters, public_address

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGE = Path(__file__).resolve().parents[1]
HOME = home_folder(os.environ.get("ZHANGGUI_HOME", ""))
REGULATION_DIR = Path(os.environ.get("ZHANGGUI_REGULATION_DIR") or REPOSITORY / "regulation")

SECRET_KEY = home_secret(HOME, "secret.key", "ZHANGGUI_SECRET_KEY")
CHAIN_KEY = home_secret(HOME, "chain.key", "ZHANGGUI_CHAIN_KEY")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ZHANGGUI_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ZHANGGUI_ORIGINS", "").split(",") if origin]
TRUSTED_PROXIES = networks(os.environ.get("ZHANGGUI_TRUSTED_PROXIES", ""))
SECURE = os.environ.get("ZHANGGUI_HTTPS") == "1"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
    "zhanggui.journal",
    "zhanggui.delivery",
    "zhanggui.people",
    "zhanggui.regulation",
    "zhanggui.obligations.calendars",
    "zhanggui.obligations",
    "zhanggui.catalog",
    "zhanggui.logistics.inventory",
    "zhanggui.logistics.fulfilment",
    "zhanggui.sales.orders",
    "zhanggui.sales.shortages",
    "zhanggui.sales.invoices",
    "zhanggui.connectors.intake",
    "zhanggui.portal",
]

MIDDLEWARE = [
    "zhanggui.portal.middleware.SchemeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zhanggui.portal.middleware.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhanggui.portal.middleware.LanguageMiddleware",
    "zhanggui.portal.limits.BodyLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "zhanggui.config.urls"
WSGI_APPLICATION = "zhanggui.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zhanggui.portal.context.shell",
            ],
        },
    }
]

DATABASES = {"default": database_from_url(os.environ.get("ZHANGGUI_DATABASE_URL", ""), HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Staff"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
CSRF_FAILURE_VIEW = "zhanggui.portal.views.errors.csrf_failed"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "workbench"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
COMPANY_ZONE = zone(os.environ.get("ZHANGGUI_ZONE", ""))

PUBLIC_URL = public_address(os.environ.get("ZHANGGUI_PUBLIC_URL", ""))
MESSENGERS = adapters(os.environ.get("ZHANGGUI_MESSENGERS", ""))
MESSAGE_WAYS = frozenset(MESSENGERS) | (frozenset({"mail"}) if os.environ.get("ZHANGGUI_MAIL_URL") else frozenset())

STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("ZHANGGUI_STATIC_ROOT") or REPOSITORY / "build" / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 60 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_SSL_REDIRECT = SECURE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "zhanggui.config.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": log_level(os.environ.get("ZHANGGUI_LOG_LEVEL", ""))},
}
