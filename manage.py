#!/usr/bin/env python
"""Run administrative tasks: `manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a bad environment variable: one sentence, no traceback
        sys.exit(str(error))


if __name__ == "__main__":
    main()
