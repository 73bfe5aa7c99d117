"""How allauth behaves here: nobody signs up by themselves, and a log-in lands where the person works."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's own, with a sentence in both languages: its Chinese catalogue lacks this one."""

    def get_error_message(self) -> str:
        return _("密码太短，至少 {count} 个字符。").format(count=self.min_length)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
