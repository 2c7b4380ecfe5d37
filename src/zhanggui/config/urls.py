"""All addresses: the portal owns the root."""

from django.urls import include, path

urlpatterns = [path("", include("zhanggui.portal.urls"))]

handler400 = "zhanggui.portal.views.errors.bad_request"
handler403 = "zhanggui.portal.views.errors.forbidden"
handler404 = "zhanggui.portal.views.errors.not_found"
handler500 = "zhanggui.portal.views.errors.server_error"
