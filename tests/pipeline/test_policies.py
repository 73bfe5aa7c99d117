"""Publishing: once, as immutable rows; a changed file is refused; applications are pinned to what was in force."""

import pytest
from django.core.management import CommandError, call_command

from pipeline.errors import PolicyRefused
from pipeline.models import PolicyEdition
from pipeline.policy import load_policies, policy_from_json
from pipeline.selectors.policies import edition_in_force
from pipeline.services.policies import publish, unpublished
from tests.pipeline import world

EDITIONS = [
    ("gazelle", "320000-2024"),
    ("gazelle", "370000-2020"),
    ("gazelle", "420100DH-2026"),
    ("gazelle", "440112-2026"),
    ("gazelle", "442000HJ-2026"),
    ("gazelle", "450000-2021"),
    ("gazelle", "450000-2022"),
    ("gazelle", "OECD-2026"),
    ("high_tech", "CN-2016"),
    ("tech_sme", "CN-2017"),
    ("tech_sme", "CN-2022"),
]


@pytest.fixture
def published(db):
    call_command("publish_policies", verbosity=0)


def test_every_edition_is_published_once(db, capsys):
    with pytest.raises(CommandError, match="11 editions are not published yet"):
        call_command("publish_policies", "--check")
    assert PolicyEdition.objects.count() == 0

    call_command("publish_policies")
    call_command("publish_policies")
    call_command("publish_policies", "--check")

    assert sorted(PolicyEdition.objects.values_list("programme", "code")) == EDITIONS


def test_a_stored_edition_reads_back_as_the_same_policy(published, settings):
    files = {(policy.programme, policy.edition): policy for policy in load_policies(settings.POLICY_DIRS)}

    for row in PolicyEdition.objects.all():
        policy = files[(row.programme, row.code)]
        assert policy_from_json(row.content) == policy
        assert row.digest == policy.digest


def test_a_changed_file_under_a_published_code_is_refused(published, settings, tmp_path):
    source = settings.BASE_DIR / "pipeline/policies/tech_sme/CN-2022.yaml"
    folder = tmp_path / "tech_sme"
    folder.mkdir()
    text = source.read_text("utf-8").replace("value: 60\n", "value: 70\n")
    (folder / "CN-2022.yaml").write_text(text, encoding="utf-8")
    settings.POLICY_DIRS = [tmp_path]

    with pytest.raises(PolicyRefused) as refused:
        unpublished()

    assert refused.value.reasons == ["tech_sme CN-2022 已发布，内容不能再改；修订请另存为新版本"]
    with pytest.raises(PolicyRefused):
        publish(load_policies([tmp_path]), actor=None)
    with pytest.raises(CommandError):
        call_command("publish_policies")


def test_a_policy_file_with_faults_names_file_and_line(db, settings, tmp_path):
    (tmp_path / "tech_sme").mkdir()
    (tmp_path / "tech_sme" / "CN-2099.yaml").write_text("programme: tech_sme\nregion: CN\nnonsense: 1\n")
    settings.POLICY_DIRS = [tmp_path]

    with pytest.raises(CommandError, match=r"CN-2099\.yaml:3"):
        call_command("publish_policies")
    assert PolicyEdition.objects.count() == 0


@pytest.mark.parametrize(
    ("programme", "path", "day", "code"),
    [
        ("tech_sme", "450000/450800/", "2026-07-01", "CN-2022"),
        ("tech_sme", "450000/450800/", "2019-07-01", "CN-2017"),
        ("high_tech", "450000/450800/450821/", "2026-07-01", "CN-2016"),
        ("tech_sme", "450000/", "2001-07-01", None),
    ],
)
def test_the_edition_in_force_is_the_nearest_regions_newest(published, programme, path, day, code):
    from datetime import date

    edition = edition_in_force(programme, path, date.fromisoformat(day))

    assert (edition and edition.code) == code


def test_an_application_is_pinned_to_the_edition_of_its_day(published, firm, officer):
    application = world.opened(firm, officer, "tech_sme")

    assert application.edition.code == "CN-2022"
