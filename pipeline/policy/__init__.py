"""Policy editions: the law as data. YAML or stored JSON in, a frozen and checked Policy out (docs/policies.md)."""

from pipeline.policy.differences import Difference, diff
from pipeline.policy.editing import Edited, edited
from pipeline.policy.nodes import Criterion, Lever, Measure, Part, Policy, Status, Text
from pipeline.policy.places import Block, Entry, blocks
from pipeline.policy.read_policy import (
    load_policies,
    load_policy,
    pick_policy,
    policy_from_json,
    policy_from_yaml,
    policy_of,
)
from pipeline.policy.sentences import Clause, sentences
from pipeline.policy.sources import digest
from pipeline.policy.writing import to_yaml

__all__ = [
    "Block",
    "Clause",
    "Criterion",
    "Difference",
    "Edited",
    "Entry",
    "Lever",
    "Measure",
    "Part",
    "Policy",
    "Status",
    "Text",
    "blocks",
    "diff",
    "digest",
    "edited",
    "load_policies",
    "load_policy",
    "pick_policy",
    "policy_from_json",
    "policy_from_yaml",
    "policy_of",
    "sentences",
    "to_yaml",
]
