"""The people of the demonstration city: one of each role, an officer for each county, and some firm users."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.auth.hashers import make_password

from config.demo.marks import mark
from crm.choices import Role
from crm.models import DemoRow, Firm, Mandate, Membership, Post, Region, RegistrationRequest, User

PASSWORD = "cultivar-demo"  # noqa: S105  printed at the start, for the demonstration only
CITY = "450800"
STAFF = [
    ("admin", "韦明远", CITY, Role.ADMIN, "管理员"),
    ("leader", "覃正川", CITY, Role.LEADER, "局领导"),
    ("lead", "黄砚秋", CITY, Role.LEAD, "市科长"),
    ("officer", "梁知行", CITY, Role.OFFICER, "市经办"),
    ("viewer", "陆闻溪", CITY, Role.VIEWER, "查阅"),
    ("gangbei", "李云舟", "450802", Role.OFFICER, "港北区经办"),
    ("gangnan", "甘雨桐", "450803", Role.OFFICER, "港南区经办"),
    ("qintang", "蒙景和", "450804", Role.OFFICER, "覃塘区经办"),
    ("pingnan", "莫清扬", "450821", Role.OFFICER, "平南县经办"),
    ("guiping", "杨牧之", "450881", Role.OFFICER, "桂平市经办"),
    ("pingnan_leader", "谭书远", "450821", Role.LEADER, "平南县领导"),
    ("gaoxin", "潘亦凡", "4508GX", Role.OFFICER, "高新区经办"),
    ("chanye", "苏予安", "4508CY", Role.OFFICER, "产业园经办"),
]
FIRM_PEOPLE = [("firm", "周文澜"), ("firm2", "吴可欣"), ("firm3", "罗嘉树"), ("firm4", "何思远")]
LOGINS = [
    ("admin", "管理员 admin"),
    ("leader", "局领导 leader"),
    ("lead", "市科长 lead"),
    ("officer", "市经办 city officer"),
    ("pingnan", "平南县经办 county officer"),
    ("guiping", "桂平市经办 county officer"),
    ("viewer", "查阅 viewer"),
    ("firm", "企业 firm, has something to correct"),
    ("firm2", "企业 firm"),
    ("agent", "代理人 agent of two firms, a third mandate has ended"),
]
AGENT = ("agent", "农晓岚", "示例会计师事务所")


def demo_exists() -> bool:
    return DemoRow.objects.filter(model="crm.user").exists()


def make_staff(regions: dict[str, Region]) -> dict[str, User]:
    """Everybody of the authority, with their posts."""
    password = make_password(PASSWORD)
    users = [_user(username, name, password) for username, name, *_rest in STAFF]
    User.objects.bulk_create(users)
    mark(users)
    by_name = {user.username: user for user in users}
    posts = [Post(user=by_name[username], region=regions[code], role=role) for username, _n, code, role, _l in STAFF]
    Post.objects.bulk_create(posts)
    return by_name


def make_firm_people(firms: list[Firm], today: date) -> list[User]:
    """The firm users, one each for the first firms given."""
    password = make_password(PASSWORD)
    users = [_user(username, name, password) for username, name in FIRM_PEOPLE[: len(firms)]]
    User.objects.bulk_create(users)
    mark(users)
    Membership.objects.bulk_create(
        Membership(user=user, firm=firm, started_on=today.replace(month=1, day=1))
        for user, firm in zip(users, firms, strict=False)
    )
    return users


def make_agent(firms: list[Firm], principal: User, today: date) -> User:
    """Somebody of an agency who acts for the first two firms; the mandate of the third ended a month ago."""
    username, name, agency = AGENT
    user = _user(username, name, make_password(PASSWORD))
    user.save()
    mark([user])
    begun, ended = today.replace(month=1, day=1) - timedelta(days=365), today - timedelta(days=30)
    for firm, ends_on in zip(firms[:3], (*[today.replace(month=12, day=31)] * 2, ended), strict=False):
        Mandate.objects.create(
            firm=firm,
            agent=user,
            name=name,
            agency=agency,
            email=user.email,
            starts_on=begun,
            ends_on=ends_on,
            authority=f"授权委托书（{begun.year}）",
            granted_by=principal,
        )
    return user


def make_requests(firms: list[Firm], regions: dict[str, Region]) -> None:
    """Somebody of a firm asked for an account, and waits for an officer."""
    firm = next((firm for firm in reversed(firms) if firm.region_id == regions["450821"].pk), firms[-1])
    RegistrationRequest.objects.create(
        credit_code=firm.credit_code,
        firm=firm,
        region_path=regions[CITY].path,
        firm_name=firm.name,
        name="陆青禾",
        phone="0775-0000000",
        email="luqinghe@demo.example",
        note="本人为办公室主任，负责科技申报。",
    )


def _user(username: str, name: str, password: str) -> User:
    return User(username=username, name=name, email=f"{username}@demo.example", phone="0775-0000000", password=password)
