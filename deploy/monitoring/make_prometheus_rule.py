"""Writes prometheusrule.yaml, for Prometheus' operator, out of alerts.yml: the same groups, as a resource.

python deploy/monitoring/make_prometheus_rule.py, after each change of alerts.yml; a test compares the two.
"""

from pathlib import Path
from textwrap import indent
from typing import Final

HERE: Final = Path(__file__).parent
ALERTS: Final = HERE.parent / "alerts.yml"
RULE: Final = HERE / "prometheusrule.yaml"
_HEAD: Final = """\
# Made from deploy/alerts.yml by make_prometheus_rule.py: change that one.
# https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: chaishots
spec:
"""


def rule_of(alerts: str) -> str:
    """The resource that has these alerts, as YAML."""
    _, begins, groups = alerts.partition("groups:\n")
    return _HEAD + indent(begins + groups, "  ")


if __name__ == "__main__":
    RULE.write_text(rule_of(ALERTS.read_text()))
