"""python3 django_app.py csrf-exempt|csrf runserver --noreload 127.0.0.1:PORT"""

import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from respond import respond

kind = sys.argv.pop(1)
settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for tests",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    LOGGING_CONFIG=None,
)


@require_POST
def webhook(request):
    headers = request.headers
    return HttpResponse(status=respond(request.body, headers.get("rtk-signature"), headers.get("rtk-uuid")))


urlpatterns = [path("webhook", csrf_exempt(webhook) if kind == "csrf-exempt" else webhook)]
execute_from_command_line(sys.argv)
