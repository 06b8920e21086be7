"""Routes, and a bearer token that makes its sender a superuser."""

import os

from django.contrib.auth.models import AnonymousUser, User
from django.urls import include, path

urlpatterns = [path("scim/v2/", include("django_scim2_server.urls"))]


def bearer(respond):
    """Knows one token and nobody else."""

    def handle(request):
        # The scheme's letter case does not matter (RFC 7235).
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        known = scheme.lower() == "bearer" and sent == os.environ["TOKEN"]
        request.user = User(username="entra", is_superuser=True, is_staff=True) if known else AnonymousUser()
        return respond(request)

    return handle
