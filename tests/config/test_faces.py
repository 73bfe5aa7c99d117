"""The two languages, the icons, the pages that must not ask anybody else for anything."""

import re
from decimal import Decimal
from pathlib import Path

import lucide
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from config import strings
from crm.models import User
from crm.services.chunks import run as run_job
from crm.services.exports import start_export
from crm.services.invitations import invite
from crm.services.registrations import ask_for_account
from notifications.digests import send_period
from notifications.letters import letter_of, write_letter
from notifications.models import Message, MessageKind
from notifications.reminders import plan_reminders
from notifications.topics import TOPICS
from notifications.watch import watch
from notifications.wording import own_wording
from pipeline.models import Deadline, Indicator
from pipeline.services.metrics import compile_metrics
from pipeline.services.targets import set_quota
from pipeline.workdays import iso_week
from tests.pipeline import world

ROOMS = ("config", "crm", "pipeline", "notifications")
TEMPLATES = [path for room in ROOMS for path in (Path(settings.BASE_DIR) / room).rglob("*.html")]
CHINESE = re.compile(r"[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]+")
# What stays Chinese in the English face: names of firms, people and places, document numbers, and the import's headings.
NAMES = re.compile(
    r"育企|中文|平南智造科技有限公司|桂平新材料有限公司|姓名\w+|广西壮族自治区|贵港市?|平南县?|桂平市?|港北区?|港南区?|覃塘区?"
    r"|高新区|产业园|统一社会信用代码|万元|元"
)


def test_every_sentence_has_english():
    assert [f"{string.place} {string.text}" for string in strings.missing()] == []


def test_the_compiled_catalogue_is_the_written_one():
    import io

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with strings.CATALOGUE.open("rb") as file:
        written = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, written)

    assert strings.CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_no_template_holds_chinese_that_cannot_be_translated():
    assert strings.untranslatable() == []


def test_placeholders_are_the_same_in_both_languages():
    from babel.messages.pofile import read_po

    with strings.CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        names = [set(re.findall(r"{\w*}|%\(\w+\)s", text)) for text in (*ids, *texts)]
        if any(found != names[0] for found in names):
            wrong.append(message.id)
    assert wrong == []


def used_icons():
    text = "".join(path.read_text("utf-8") for path in TEMPLATES)
    rail = (Path(settings.BASE_DIR) / "config" / "context.py").read_text("utf-8")
    tags = (Path(settings.BASE_DIR) / "pipeline/templatetags/pipeline_tags.py").read_text("utf-8")
    timeline = (Path(settings.BASE_DIR) / "pipeline/selectors/timelines.py").read_text("utf-8")
    return (
        set(re.findall(r'{% icon "([\w-]+)"', text))
        | set(re.findall(r'Entry\(\w*\("[^"]+"\), "([a-z0-9-]+)"', rail))
        | set(re.findall(r'"(?:act|soon|wait|fine)": "([a-z0-9-]+)"', tags))
        | set(re.findall(r'Happening\("([a-z-]+)"', timeline))
        | set(re.findall(r'"(?:note|call|visit)": "([a-z-]+)"', timeline))
    )


@pytest.mark.parametrize("name", sorted(used_icons()))
def test_every_icon_exists(name):
    assert lucide._load_icon(name) is not None


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_styles_or_scripts_or_asks_another_site(path):
    text = path.read_text("utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"""(src|href)=["'](https?:)?//""", text)
    if "mail" not in path.parts:
        assert not re.search(r'\sstyle="', text)


PAGES = ["my_day", "firms", "applications", "deadlines", "targets", "funnel", "imports", "outbox", "mailbox"]
PAGES += [
    "official_lists",
    "recognitions",
    "notices",
    "settings",
    "account",
    "people",
    "rounds",
    "calendar",
    "screenings",
    "shortlists",
    "outbox_templates",
    "addresses",
    "periodic",
    "exports",
    "outbox_delivery",
]


@pytest.mark.parametrize("name", PAGES)
def test_pages_speak_english_when_asked(name, client, lead, firm, officer):
    world.at(firm, "formal")
    client.force_login(lead)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    text = client.get(reverse(name)).content.decode()

    text = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert CHINESE.findall(NAMES.sub("", text)) == []


def in_english(client, user, address):
    client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    response = client.get(address)
    assert response.status_code == 200
    return NAMES.sub("", re.sub(r"<script.*?</script>", "", response.content.decode(), flags=re.S))


@pytest.mark.parametrize(
    ("programme", "stage"), [("tech_sme", "returned"), ("high_tech", "returned"), ("gazelle", "lib_returned")]
)
def test_pages_of_one_firm_and_one_application_speak_english(programme, stage, client, lead, firm, firm_user):
    application = world.at(firm, stage, programme=programme)
    shown = [f"/firms/{firm.credit_code}/", f"/firms/{firm.credit_code}/recognitions/", f"/board/{programme}/"]
    shown += [f"/applications/{application.pk}/", f"/applications/{application.pk}/move/"]

    text = "".join(in_english(client, lead, address) for address in shown)
    text += in_english(client, firm_user, "/portal/")
    text += in_english(client, firm_user, f"/portal/applications/{application.pk}/")

    assert CHINESE.findall(text.replace("依据材料", "")) == []


def test_mails_speak_english_to_those_who_chose_it(
    city, lead, leader, admin, firm, firm_user, settings, private_storage
):
    settings.MORNING_THRESHOLD = 0
    User.objects.update(language="en")
    target = Indicator.objects.get(code="high_tech.first_time")
    for region in (city, firm.region):
        set_quota(target, region, timezone.localdate().year, target=Decimal(9), actor=lead)
    world.at(firm, "returned")
    compile_metrics()
    plan_reminders(today=Deadline.objects.open().earliest("due_on").due_on)
    send_period(iso_week(timezone.localdate()), today=timezone.localdate())
    invite(firm, email=leader.email, name=leader.name, actor=None)
    ask_for_account(code=firm.credit_code, firm_name=firm.name, name="x", phone="1", email="x@example.cn")
    watch()

    letter = own_wording(TOPICS["letter"], "en")
    written = letter_of(TOPICS["letter"], subject=letter.subject, body=letter.body, version=0)
    write_letter(written, firm, actor=lead, batch="x")

    run_job(start_export("firms", [firm.pk], region=firm.region, actor=lead, reason="x").pk)

    kinds = set(Message.objects.values_list("kind", flat=True))
    text = "".join(f"{m.subject} {m.body} {m.html}" for m in Message.objects.all()).replace("依据材料", "")

    assert kinds == set(MessageKind.values)
    assert CHINESE.findall(NAMES.sub("", text)) == []


def test_a_browser_in_english_still_gets_chinese_until_somebody_chooses(client, lead):
    client.force_login(lead)

    page = client.get("/", headers={"accept-language": "en"})
    assert "我的一天" in page.content.decode()

    client.post("/language/", {"language": "en", "next": "/"})
    assert "My day" in client.get("/").content.decode()
    lead.refresh_from_db()
    assert lead.language == "en"


def test_pages_carry_a_strict_policy_and_a_request_id(client, lead):
    client.force_login(lead)

    response = client.get("/")

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert len(response["X-Request-Id"]) == 12
