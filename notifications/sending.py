"""The ways out of the outbox. A way opens, sends one message at a time, and closes, as Django's mail backends do.

A refusal is an SMTPResponseException, a way that was not reached a NotReached, and any other error leaves it unknown
whether the message arrived. So the outbox settles mails, robots and text messages alike.
"""

from __future__ import annotations

import smtplib
import time
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

import requests
from django.conf import settings
from django.db.models import F
from django.utils import timezone
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from notifications.addresses import PHONE, digits, is_allowed, is_mobile, scrubbed, service_at
from notifications.models import Channel, ChannelKind, Message

NO_CONNECTION = (NewConnectionError, ConnectTimeoutError, SSLError)  # nothing of the message has left
TEMPORARY = 450


class NotReached(ConnectionError):
    """Nobody answered at the address: nothing was sent."""


class Refused(smtplib.SMTPResponseException):
    """The other side said no; it is asked again later, with growing pauses."""

    def __init__(self, text: str) -> None:
        super().__init__(TEMPORARY, text)


class ChannelConnection:
    """Sends over one channel. After a failure of the line, or when its time is over, it stays closed: its other rows
    wait for a later run.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._trouble = ""
        self._until = time.monotonic() + settings.CHANNEL_SECONDS

    def open(self) -> None:
        if time.monotonic() > self._until:
            raise NotReached("slow: the rest waits for the next run")
        if self._trouble:
            raise NotReached(self._trouble)

    def close(self) -> None:
        """Nothing is held open between two messages."""

    def send_messages(self, mails: Sequence[Any]) -> int:
        for mail in mails:
            self.send(mail.row)
        return len(mails)

    def send(self, message: Message) -> None:
        """Send it and note on the channel how it went."""
        failure = _failure(self.channel, message)
        if isinstance(failure, (NotReached, TimeoutError)):
            self._trouble = str(failure)
        note(self.channel, failure)
        if failure is not None:
            raise failure


def _failure(channel: Channel, message: Message) -> Exception | None:
    """What went wrong, without the address in it."""
    try:
        post(channel, text_of(message), phone=message.recipient.phone if message.recipient else "")
    except (Refused, NotReached, TimeoutError) as error:
        return error
    except Exception as error:  # a hundred services, each with errors of its own: the outcome is unknown
        return TimeoutError(scrubbed(f"{type(error).__name__}: {error}", channel.address))
    return None


def text_of(message: Message) -> str:
    """The sentence of the subject, and where to go on."""
    return f"{message.subject}\n{settings.SITE_URL}{message.link}" if message.link else message.subject


def note(channel: Channel, failure: Exception | None) -> None:
    own = Channel.objects.filter(pk=channel.pk)
    if failure is None:
        own.update(failures=0, error="", last_ok_at=timezone.now())
    else:
        own.update(failures=F("failures") + 1, error=in_words(failure)[:300])


def in_words(failure: Exception) -> str:
    """The refusal or trouble as a page shows it."""
    return str(failure.smtp_error) if isinstance(failure, Refused) else str(failure)


def post(channel: Channel, text: str, *, phone: str = "") -> None:
    """Hand one text to the channel. Raises Refused, NotReached, or TimeoutError when the outcome is unknown."""
    if channel.kind == ChannelKind.SMS and not is_mobile(phone):
        raise Refused("no mobile number")
    service = service_at(channel.address.replace(PHONE, digits(phone)))
    if service is None or not is_allowed(service, channel.address):
        raise Refused("the address is not usable any more")
    heard: list[Any] = []
    token = HEARD.set(heard)
    try:
        went = bool(service.notify(body=text))
    finally:
        HEARD.reset(token)
    _judge(went, heard[-1] if heard else None, channel.address)


def _judge(went: bool, heard: Any, address: str) -> None:
    """What came of it, from what the line carried rather than from the library's yes or no alone."""
    if isinstance(heard, requests.RequestException):
        name = type(heard).__name__
        reason = getattr(heard.args[0] if heard.args else None, "reason", None)
        if isinstance(reason, NO_CONNECTION) or isinstance(heard, requests.exceptions.ConnectTimeout):
            raise NotReached(name)
        raise TimeoutError(f"no answer: {name}")
    if not went:
        raise Refused(f"HTTP {heard.status_code}" if isinstance(heard, requests.Response) else "refused")
    if isinstance(heard, requests.Response) and (refusal := _refusal_in(heard)):
        raise Refused(scrubbed(refusal, address))


def _refusal_in(response: requests.Response) -> str:
    """Group robots answer 200 and put the refusal into the body: {"errcode": 93000, "errmsg": "…"}."""
    try:
        said = response.json()
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    code = said.get("errcode", said.get("code", 0))
    if not isinstance(code, int) or code in (0, 200):
        return ""
    return f"{code} {said.get('errmsg', said.get('msg', ''))}"[:200]


# The library says only yes or no. Whoever must know more listens here; everybody else's requests pass untouched.
HEARD: ContextVar[list[Any] | None] = ContextVar("heard", default=None)
_send = requests.Session.send


def _overheard(self: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
    heard = HEARD.get()
    if heard is None:
        return _send(self, request, **kwargs)
    try:
        response = _send(self, request, **kwargs)
    except requests.RequestException as error:
        heard.append(error)
        raise
    heard.append(response)
    return response


requests.Session.send = _overheard  # type: ignore[method-assign]
