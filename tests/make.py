"""Makes rows for tests, through the same doors as the product wherever there is one."""

from __future__ import annotations

import itertools
from datetime import date

from django.test import Client
from stdnum.cn import uscc

from crm.models import Firm, Membership, Post, Region, User
from crm.services.firms import create_firm

_numbers = itertools.count(1)


def code(number: int | None = None, division: str = "450821") -> str:
    """A valid credit code that belongs to nobody: body DEM and five digits."""
    body = f"91{division}DEM{next(_numbers) if number is None else number:05d}0"
    return body + uscc.calc_check_digit(body)


def person(username: str, region: Region | None = None, role: str = "") -> User:
    user = User.objects.create_user(username, f"{username}@example.cn", "pw", name=f"姓名{username}")
    if region is not None:
        Post.objects.create(user=user, region=region, role=role)
    return user


def firm(name: str, region: Region, **fields) -> Firm:
    return create_firm(code=fields.pop("code", None) or code(), name=name, region=region, actor=None, **fields)


def firm_person(username: str, of: Firm) -> User:
    user = person(username)
    Membership.objects.create(user=user, firm=of, started_on=date(2020, 1, 1))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
