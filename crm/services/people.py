"""Every write to accounts: people, their posts, and whom a firm's accounts belong to."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authtoken.models import Token

from crm.access import MANAGERS, scope_of
from crm.choices import Role
from crm.errors import InvalidInput, NotAllowed
from crm.models import Firm, Membership, Post, Region, User
from crm.services.firms import require_writer
from crm.services.history import record_changes


def require_manager(actor: User | None, path: str) -> None:
    """Raise NotAllowed unless the person manages this region; None is the system itself."""
    if actor is not None and not scope_of(actor).roles_at(path) & set(MANAGERS):
        raise NotAllowed(_("只有本辖区的科长或管理员可以管理人员与设置"))


def new_password() -> str:
    """A first password to hand over once; its owner changes it."""
    return secrets.token_urlsafe(9)


@transaction.atomic
def create_user(*, username: str, name: str, password: str, email: str = "", phone: str = "") -> User:
    """Add an account. Raises InvalidInput with every reason: no name, a user name or an address already taken."""
    taken = _("用户名“{username}”已被使用，请换一个").format(username=username)
    reasons = []
    if not username.strip() or not name.strip():
        reasons.append(_("请填写用户名和姓名"))
    if User.objects.filter(username=username.strip()).exists():
        reasons.append(taken)
    reasons += _address_problems(email)
    if reasons:
        raise InvalidInput(*reasons)
    try:
        with transaction.atomic():
            return User.objects.create(
                username=username.strip(),
                name=name.strip(),
                email=email.strip(),
                phone=phone.strip(),
                password=make_password(password),
            )
    except IntegrityError:
        raise InvalidInput(taken) from None


def _address_problems(email: str, owner: User | None = None) -> list[str]:
    """An address belongs to one account: what is sent there, such as a new password, is for its holder alone."""
    others = User.objects.filter(email__iexact=email.strip())
    if owner is not None:
        others = others.exclude(pk=owner.pk)
    if not email.strip() or not others.exists():
        return []
    return [_("邮箱 {email} 已被其他账号使用；请换一个").format(email=email.strip())]


@transaction.atomic
def add_colleague(
    *, username: str, name: str, email: str, password: str, region: Region, role: str, actor: User | None
) -> User:
    """An account and its first post, both or neither."""
    require_manager(actor, region.path)
    user = create_user(username=username, name=name, email=email, password=password)
    add_post(user, region=region, role=role, actor=actor)
    return user


@transaction.atomic
def add_firm_account(firm: Firm, *, username: str, name: str, email: str, password: str, actor: User | None) -> User:
    """An account for a person of a firm, both or neither."""
    require_writer(actor, firm.region_path)
    user = create_user(username=username, name=name, email=email, password=password)
    add_membership(user, firm, actor=actor)
    return user


@transaction.atomic
def save_account(user: User, *, name: str, email: str, phone: str, language: str) -> None:
    """A person's own name, addresses and language. Raises InvalidInput for an address of somebody else."""
    if email != user.email and (reasons := _address_problems(email, user)):
        raise InvalidInput(*reasons)
    values = {"name": name, "email": email, "phone": phone, "language": language}
    changed = {key: (getattr(user, key), new) for key, new in values.items() if getattr(user, key) != new}
    if changed:
        record_changes(user, changed, actor=user)
        User.objects.filter(pk=user.pk).update(**values)


def renew_token(user: User) -> str:
    """A new token for programs; the old one stops working at once."""
    with transaction.atomic():
        Token.objects.filter(user=user).delete()
        return Token.objects.create(user=user).key


def renew_calendar_key(user: User) -> str:
    """A new secret for the address of the person's calendar feed; the old address stops working at once."""
    key = secrets.token_urlsafe(32)
    User.objects.filter(pk=user.pk).update(calendar_key=key)
    return key


def end_calendar(user: User) -> None:
    """Nobody can subscribe to the person's dates any longer."""
    User.objects.filter(pk=user.pk).update(calendar_key="")


@transaction.atomic
def add_post(user: User, *, region: Region, role: str, actor: User | None) -> Post:
    """Give a person a role in a region. A manager gives roles inside the own region only."""
    require_manager(actor, region.path)
    if role not in Role.values:
        raise InvalidInput(_("角色“{role}”无法识别").format(role=role))
    post, created = Post.objects.get_or_create(user=user, region=region, role=role)
    if created:
        record_changes(user, {"post": ("", post)}, actor=actor, path=region.path)
    return post


@transaction.atomic
def remove_post(post: Post, *, actor: User | None) -> None:
    """Take a role away again; nobody takes away their own."""
    require_manager(actor, post.region.path)
    if actor is not None and post.user_id == actor.pk:
        raise NotAllowed(_("不能撤销自己的岗位；请由另一位管理员操作"))
    record_changes(post.user, {"post": (post, "")}, actor=actor, path=post.region.path)
    post.delete()


@transaction.atomic
def set_active(user: User, *, active: bool, actor: User | None) -> None:
    """Close or reopen an account; nothing it did is lost."""
    for post in user.posts.select_related("region"):
        require_manager(actor, post.region.path)
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(_("不能停用自己的账号"))
    if user.is_active != active:
        record_changes(user, {"is_active": (user.is_active, active)}, actor=actor)
        User.objects.filter(pk=user.pk).update(is_active=active)
        user.is_active = active


@transaction.atomic
def add_membership(user: User, firm: Firm, *, actor: User | None) -> Membership:
    """Let a person act for a firm."""
    require_writer(actor, firm.region_path)
    membership, created = Membership.objects.get_or_create(
        user=user, firm=firm, ended_on=None, defaults={"started_on": timezone.localdate()}
    )
    if created:
        record_changes(firm, {"member": ("", user)}, actor=actor)
    return membership


def use_single_keys(user: User, *, on: bool) -> bool:
    """Let single keys do something, or not. Returns what holds now."""
    User.objects.filter(pk=user.pk).update(single_keys=on)
    return on


def choose_language(user: User, language: str) -> None:
    """Remember the language a person chose; unknown ones are ignored."""
    if language in dict(settings.LANGUAGES):
        User.objects.filter(pk=user.pk).update(language=language)
