"""Stage events are protected by the database; the indicators every bureau has come with `migrate`."""

from django.db import migrations

from crm.append_only import forbid_updates

PROGRAMMES = {"tech_sme": "科技型中小企业", "high_tech": "高新技术企业", "gazelle": "瞪羚企业"}
COUNTERS = {
    "registered": "当年入库",
    "filed": "组织申报",
    "first_time": "首次认定",
    "certified_in_year": "当年认定",
    "stock": "保有量",
    "net_growth": "净增",
    "in_library": "培育入库",
}
ONLY_FOR = {"registered": {"tech_sme"}, "in_library": {"gazelle"}}
ASSESSED = {"tech_sme.registered", "high_tech.first_time", "gazelle.in_library"}
MANUAL = [
    ("manual.major_transformations", "重大科技成果转化", "项", 0, True),
    ("manual.transformation_quality", "重大科技成果转化质量分", "分", 5, False),
    ("manual.national_platforms", "新增国家级创新平台", "家", 0, True),
    ("manual.city_platforms", "新增市级创新平台", "家", 0, False),
    ("manual.technology_contracts", "技术合同登记", "项", 0, False),
    ("manual.technology_contract_amount", "技术合同成交额", "万元", 4, False),
    ("manual.rd_spending", "全社会研发经费", "亿元", 4, False),
]


def load_indicators(apps, schema_editor):
    Indicator = apps.get_model("pipeline", "Indicator")
    position = 0
    for programme, name in PROGRAMMES.items():
        for counter, label in COUNTERS.items():
            if programme not in ONLY_FOR.get(counter, {programme}):
                continue
            code = f"{programme}.{counter}"
            position += 1
            Indicator.objects.create(
                code=code,
                label=f"{name}{label}",
                unit="家",
                programme=programme,
                counter=counter,
                assessed=code in ASSESSED,
                position=position if code in ASSESSED else position + 50,
            )
    for number, (code, label, unit, decimals, assessed) in enumerate(MANUAL, start=30):
        Indicator.objects.create(
            code=code,
            label=label,
            unit=unit,
            decimals=decimals,
            assessed=assessed,
            position=number if assessed else number + 50,
        )


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0001_initial")]

    operations = [
        migrations.RunPython(load_indicators, migrations.RunPython.noop),
        migrations.RunPython(*forbid_updates("pipeline_stageevent")),
    ]
