"""History is protected by the database; the indicators of the work report come with `migrate`."""

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
ENTERED = [
    ("manual.converted_amount", "折算后总技术交易额", "万元", 4),
    ("manual.class_a_projects", "A类成果转化项目", "项", 0),
    ("manual.class_a_amount", "A类技术交易额", "万元", 4),
    ("manual.class_b_projects", "B类成果转化项目", "项", 0),
    ("manual.class_b_benefit", "B类转化效益", "亿元", 6),
    ("manual.private_results", "民营企业技术创新成果登记", "项", 0),
    ("manual.private_results_growth", "民营企业成果登记增速", "%", 2),
    ("manual.private_results_growth_rank", "民营企业成果登记增速排名", "名", 0),
    ("manual.private_results_increment", "民营企业成果登记年度增量", "项", 0),
    ("manual.private_results_contribution", "民营企业成果登记增量贡献率", "%", 2),
    ("manual.private_results_contribution_rank", "民营企业成果登记增量贡献率排名", "名", 0),
    ("manual.technology_trade_amount", "技术合同技术交易额", "万元", 4),
    ("manual.absorbed_contracts", "吸纳技术合同登记", "项", 0),
    ("manual.absorbed_contract_amount", "吸纳技术合同成交额", "亿元", 6),
    ("manual.absorbed_trade_amount", "吸纳技术合同技术交易额", "亿元", 6),
    ("manual.national_incubators", "国家级科技企业孵化器", "家", 0),
    ("manual.national_makerspaces", "国家级众创空间备案", "家", 0),
    ("manual.science_yards", "科技小院", "家", 0),
    ("manual.city_key_labs", "新增市级重点实验室", "家", 0),
    ("manual.city_engineering_centres", "新增市级工程技术研究中心", "家", 0),
    ("manual.city_doctoral_stations", "新增市级博士工作站", "家", 0),
    ("manual.city_incubators", "新增市级科技企业孵化器", "家", 0),
    ("manual.city_makerspaces", "新增市级众创空间", "家", 0),
    ("manual.city_platform_grants", "市级平台引导补助经费", "万元", 4),
    ("manual.city_projects_filed", "市级重大科技项目申报", "项", 0),
    ("manual.city_projects_approved", "市级重大科技项目立项", "项", 0),
    ("manual.city_project_funds", "市级重大科技项目财政支持", "万元", 4),
    ("manual.special_projects", "科技助力经济重点专项", "项", 0),
    ("manual.region_projects_filed", "广西科技计划项目申报", "项", 0),
    ("manual.region_projects_approved", "广西科技计划项目立项", "项", 0),
    ("manual.upper_funds", "累计获得上级资金", "万元", 4),
    ("manual.rd_share", "研发经费占地区生产总值比重", "%", 2),
    ("manual.rd_growth", "研发经费增速", "%", 2),
    ("manual.epidemic_notices", "疫情防控信息", "条", 0),
    ("manual.epidemic_incubated", "疫情期间服务在孵企业", "家", 0),
    ("manual.epidemic_research", "疫情应急科技攻关项目", "项", 0),
    ("manual.epidemic_products", "疫情防控新产品新技术", "项", 0),
    ("manual.envoys", "选派科技特派员", "名", 0),
    ("manual.envoy_villages", "科技特派员覆盖贫困村", "个", 0),
    ("manual.envoys_rated", "科技特派员考核优秀良好", "名", 0),
    ("manual.envoy_bases", "科技特派员示范基地", "个", 0),
    ("manual.envoy_services", "科技特派员实地服务", "次", 0),
    ("manual.envoy_introduced", "科技特派员引进新品种新技术", "项", 0),
    ("manual.envoy_demonstrated", "科技特派员示范推广", "项", 0),
    ("manual.envoy_problems", "科技特派员解决问题", "个", 0),
    ("manual.training_courses", "实用技术培训班", "期", 0),
    ("manual.framework_agreements", "高校院所合作框架协议", "份", 0),
    ("manual.cooperating_firms", "达成产学研合作企业", "家", 0),
    ("manual.innovation_teams", "院(博)士创新团队", "个", 0),
    ("manual.rural_envoys", "农村科技特派员", "名", 0),
    ("manual.trained_technology_officers", "培训首席技术官", "名", 0),
    ("manual.think_tank_experts", "科技创新智库专家", "名", 0),
]
NO_SUM = {"%", "名"}  # a share or a rank is the newest entry of its own region
PEOPLE = {"manual.envoys", "manual.envoys_rated", "manual.rural_envoys", "manual.trained_technology_officers"}
PEOPLE |= {"manual.think_tank_experts"}  # counted in 名, like a rank, but they add up


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
    for number, (code, label, unit, decimals) in enumerate(ENTERED, start=100):
        adds_up = unit not in NO_SUM or code in PEOPLE
        values = {"label": label, "unit": unit, "decimals": decimals, "position": number, "adds_up": adds_up}
        Indicator.objects.get_or_create(code=code, defaults=values)
    # 承接绩效考评: the quality of the major transformations is assessed with their number.
    Indicator.objects.filter(code="manual.transformation_quality").update(assessed=True)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0001_squashed_0022_former_place_event")]

    operations = [
        migrations.RunPython(load_indicators, migrations.RunPython.noop),
        migrations.RunPython(*forbid_updates("pipeline_stageevent")),
        migrations.RunPython(*forbid_updates("pipeline_roundversion")),
        migrations.RunPython(*forbid_updates("pipeline_materialnotice")),
    ]
