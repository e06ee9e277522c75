"""The manifests of deploy/kubernetes, as kubectl renders them: what Kubernetes takes, and what keeps the promises."""

import os
import re
import runpy
import shutil
from functools import cache
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils

from chaishots import __version__
from chaishots.api.server.draining import DRAIN_SECONDS
from chaishots.settings import Settings
from tests.manifests import ROOT, Rendered, Resource, container, environment, of_overlay, pod, render, service, the

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")

MONITORING = ROOT / "deploy" / "monitoring"
DEPLOY_MD = (ROOT / "docs" / "DEPLOY.md").read_text()
STOP_SECONDS = 10
OVERLAYS = ["external-postgres", "cloudnative-pg", "minimal"]
COMPONENTS = ["ingress", "gateway"]
SECRET = {"DATABASE_URL", "CHAISHOTS_DIRECT_DATABASE_URL", "CHAISHOTS_ADMIN_TOKEN", "CHAISHOTS_SIGN_URLS"}
NEWEST = utils.all_versions()[-3:]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The overlay that DEPLOY.md tells people to write, with everything that can be added, and every setting set."""
    overlay = yaml.safe_load(re.search(r"mine/kustomization\.yaml <<'END'\n(.*?)\nEND\n", DEPLOY_MD, re.DOTALL)[1])  # type: ignore[index]
    overlay["components"] = [
        *(f"../deploy/kubernetes/components/{name}" for name in COMPONENTS),
        "../deploy/monitoring",
    ]
    (settings,) = overlay["configMapGenerator"]
    named = {line.partition("=")[0] for line in settings["literals"]}
    settings["literals"] += [f"{name}=set" for name in settings_of_readme() - named]
    return render(written(overlay, tmp_path_factory.mktemp("kubernetes") / "mine"))


def written(overlay: Resource, folder: Path) -> Path:
    folder.mkdir()
    for kind in ("resources", "components"):
        overlay[kind] = [os.path.relpath(ROOT / one.removeprefix("../"), folder.resolve()) for one in overlay[kind]]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    return folder


def settings_of_readme() -> set[str]:
    table = (ROOT / "README.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == {str(field.alias) for field in Settings.model_fields.values()}
    return named


def test_kubernetes_takes_all_that_it_has_a_schema_for(own: Rendered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utils, "schema_contents", cache(utils.schema_contents))  # it reads all definitions each time
    resources = {yaml.safe_dump(one): one for rendered in (own, *map(of_overlay, OVERLAYS)) for one in rendered}
    unknown = set()
    for resource in resources.values():
        for version in NEWEST:
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except kubernetes_validate.SchemaNotFoundError:
                unknown.add(resource["kind"])
    # Of these others' schemas are not in there; see below.
    assert unknown == {"Cluster", "HTTPRoute", "PrometheusRule", "ServiceMonitor"}


@pytest.mark.parametrize("name", OVERLAYS)
def test_a_rolling_update_loses_no_request(name: str) -> None:
    deployment, served = the("Deployment", of_overlay(name))["spec"], container(of_overlay(name))
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    pause = served["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause >= 5
    assert pod(of_overlay(name))["terminationGracePeriodSeconds"] > pause + STOP_SECONDS
    assert STOP_SECONDS > DRAIN_SECONDS


def test_the_probes_ask_what_they_should_for_as_long_as_it_may_take() -> None:
    rendered = of_overlay("external-postgres")
    served = container(rendered)
    probes = {name: served[f"{name}Probe"] for name in ("startup", "readiness", "liveness")}
    seconds = {name: probe["periodSeconds"] * probe["failureThreshold"] for name, probe in probes.items()}
    assert {name: probe["httpGet"] for name, probe in probes.items()} == {
        "startup": {"path": "/health/live", "port": "http"},
        "readiness": {"path": "/health", "port": "http"},
        "liveness": {"path": "/health/live", "port": "http"},
    }
    assert seconds["startup"] >= 30 * 60
    assert the("Deployment", rendered)["spec"]["progressDeadlineSeconds"] > seconds["startup"]
    # With Postgres away all replicas fail together, and serve what they hold: not one is taken out meanwhile.
    assert seconds["readiness"] > Settings.model_fields["stale_if_error"].default
    assert probes["readiness"]["timeoutSeconds"] > 2


@pytest.mark.parametrize("name", OVERLAYS)
def test_a_replica_may_do_little(name: str) -> None:
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and a root that is read-only.
    replica = pod(of_overlay(name))
    assert replica["automountServiceAccountToken"] is False
    assert replica["securityContext"]["runAsNonRoot"] is True
    assert replica["securityContext"]["runAsUser"] == int(re.search(r"^USER (\d+)", dockerfile(), re.MULTILINE)[1])  # type: ignore[index]
    assert replica["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(of_overlay(name))["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"cpu", "memory"} <= container(of_overlay(name))["resources"]["requests"].keys()
    assert "memory" in container(of_overlay(name))["resources"]["limits"]
    kinds = {kind for volume in replica["volumes"] for kind in volume} - {"name"}
    assert kinds <= {"emptyDir", "persistentVolumeClaim"}


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_no_setting_comes_from_kubernetes_by_itself() -> None:
    # For a Service called chaishots it would be CHAISHOTS_PORT, CHAISHOTS_SERVICE_HOST and more.
    assert pod(of_overlay("minimal"))["enableServiceLinks"] is False


def test_every_setting_of_the_readme_can_be_set(own: Rendered) -> None:
    seen = environment(own)
    listening = {"CHAISHOTS_HOST": "0.0.0.0", "PORT": "8000"}  # the Service's business
    for name in settings_of_readme() - SECRET - listening.keys():
        assert seen[name] in ("set", "https://catalog.example.com", "s3://your-bucket/pictures"), name
    assert {name: seen[name] for name in listening} == listening
    for name in SECRET:
        assert (seen[name]["name"], seen[name]["key"]) == ("chaishots", name)
        assert seen[name].get("optional", False) is (name != "DATABASE_URL")


@pytest.mark.parametrize("name", OVERLAYS)
def test_no_secret_is_written_down(name: str) -> None:
    rendered = of_overlay(name)
    assert "Secret" not in {one["kind"] for one in rendered}
    in_a_secret = {each for each, value in environment(rendered).items() if isinstance(value, dict)}
    assert in_a_secret == SECRET


def test_pictures_are_kept_where_somebody_said() -> None:
    kept = [one for one in container(of_overlay("external-postgres"))["env"] if one["name"] == "CHAISHOTS_PICTURES_URL"]
    # Neither optional nor there: the pods wait, and Kubernetes names the key.
    assert kept[0]["valueFrom"] == {
        "configMapKeyRef": {
            "name": the("ConfigMap", of_overlay("external-postgres"))["metadata"]["name"],
            "key": "CHAISHOTS_PICTURES_URL",
        }
    }
    assert environment(of_overlay("external-postgres"))["CHAISHOTS_PICTURES_URL"] is None
    minimal = of_overlay("minimal")
    path = environment(minimal)["CHAISHOTS_PICTURES_URL"]
    (volume,) = [one["name"] for one in container(minimal)["volumeMounts"] if one["mountPath"] == path]
    claims = {one["name"]: one.get("persistentVolumeClaim", {}).get("claimName") for one in pod(minimal)["volumes"]}
    assert claims[volume] == the("PersistentVolumeClaim", minimal)["metadata"]["name"]


def test_the_image_is_the_overlays_and_of_this_version(own: Rendered) -> None:
    assert container(own)["image"] == f"registry.example.com/chaishots:{__version__}"
    for name in OVERLAYS:
        assert container(of_overlay(name))["image"] == f"chaishots:{__version__}"
        assert ":latest" not in yaml.safe_dump_all(of_overlay(name))


@pytest.mark.parametrize("name", OVERLAYS)
def test_who_selects_replicas_finds_them(name: str) -> None:
    rendered = of_overlay(name)
    deployment = the("Deployment", rendered)["spec"]
    specs = [one["spec"] for one in rendered if one["kind"] in ("NetworkPolicy", "PodDisruptionBudget")]
    selectors = [
        deployment["selector"]["matchLabels"],
        service(rendered)["selector"],
        *(spec.get("podSelector", spec.get("selector"))["matchLabels"] for spec in specs),
        *(one["labelSelector"]["matchLabels"] for one in pod(rendered)["topologySpreadConstraints"]),
    ]
    assert selectors == [deployment["template"]["metadata"]["labels"]] * len(selectors)


def test_ports_lead_to_the_replicas_and_figures_to_nobody(own: Rendered) -> None:
    (listening,) = container(own)["ports"]
    assert (listening["name"], str(listening["containerPort"])) == ("http", environment(own)["PORT"])
    (port,) = service(own)["ports"]
    assert (port["name"], port["targetPort"]) == ("http", "http")
    assert "selector" not in service(own, "chaishots-closed")
    (rule,) = the("Ingress", own)["spec"]["rules"]
    paths = {one["path"]: one["backend"]["service"] for one in rule["http"]["paths"]}
    assert paths == {
        "/metrics": {"name": "chaishots-closed", "port": {"name": "http"}},
        "/": {"name": "chaishots", "port": {"name": "http"}},
    }
    for policy in [one for one in own if one["kind"] == "NetworkPolicy" and one["spec"].get("ingress")]:
        assert policy["spec"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": "http"}]
        assert policy["spec"]["ingress"][0]["from"], "everybody would be let in"


def test_the_public_address_is_written_once(own: Rendered) -> None:
    ingress = the("Ingress", own)["spec"]
    assert ingress["rules"][0]["host"] == ingress["tls"][0]["hosts"][0] == "catalog.example.com"
    assert the("HTTPRoute", own)["spec"]["hostnames"] == ["catalog.example.com"]


def test_a_replica_goes_out_to_names_to_postgres_and_to_https_alone() -> None:
    ways: dict[str, set[int]] = {}
    for name in OVERLAYS:
        policies = [one["spec"] for one in of_overlay(name) if one["kind"] == "NetworkPolicy"]
        ways[name] = {port["port"] for one in policies for rule in one.get("egress", []) for port in rule["ports"]}
    assert ways == {name: {53, 443, 5432} for name in OVERLAYS}
    to_postgres = the("NetworkPolicy", of_overlay("cloudnative-pg"), "chaishots-to-postgres")["spec"]["egress"]
    cluster = the("Cluster", of_overlay("cloudnative-pg"))["metadata"]["name"]
    assert to_postgres[0]["to"] == [{"podSelector": {"matchLabels": {"cnpg.io/cluster": cluster}}}]


def test_replicas_stay_while_nodes_go_and_connections_last() -> None:
    for name, connections in (("external-postgres", 100), ("cloudnative-pg", None)):
        rendered = of_overlay(name)
        if connections is None:
            connections = int(the("Cluster", rendered)["spec"]["postgresql"]["parameters"]["max_connections"])
        scaled = the("HorizontalPodAutoscaler", rendered)["spec"]
        assert scaled["scaleTargetRef"]["name"] == the("Deployment", rendered)["metadata"]["name"]
        assert "replicas" not in the("Deployment", rendered)["spec"]
        assert scaled["minReplicas"] > the("PodDisruptionBudget", rendered)["spec"]["maxUnavailable"]
        surge = 1
        # A replica takes 15 connections, the leader one more; a few are for commands and Postgres' own.
        assert (scaled["maxReplicas"] + surge) * 15 + 1 < connections - 5


def test_the_volume_of_one_node_keeps_its_replicas_there() -> None:
    minimal = of_overlay("minimal")
    assert the("PersistentVolumeClaim", minimal)["spec"]["accessModes"] == ["ReadWriteOnce"]
    (together,) = pod(minimal)["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert together["topologyKey"] == "kubernetes.io/hostname"
    assert "PodDisruptionBudget" not in {one["kind"] for one in minimal}  # it would keep the node from being drained


def test_cloudnative_pgs_names_are_none_of_ours() -> None:
    # https://cloudnative-pg.io/docs/1.31/applications (Secrets), and pkg/specs of its source: a PodDisruptionBudget, a
    # ServiceAccount, a Role and a RoleBinding have the Cluster's own name.
    rendered = of_overlay("cloudnative-pg")
    cluster = the("Cluster", rendered)
    assert environment(rendered)["DATABASE_URL"] == {"name": f"{cluster['metadata']['name']}-app", "key": "uri"}
    made = {"PodDisruptionBudget", "ServiceAccount", "Role", "RoleBinding"}
    assert cluster["metadata"]["name"] not in {one["metadata"]["name"] for one in rendered if one["kind"] in made}


def test_the_cluster_is_as_cloudnative_pg_takes_it() -> None:
    # https://cloudnative-pg.io/docs/1.31/cloudnative-pg.v1, and /replication#synchronous-replication
    spec = the("Cluster", of_overlay("cloudnative-pg"))["spec"]
    assert spec["instances"] == 3
    assert spec["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"}
    assert all(isinstance(value, str) for value in spec["postgresql"]["parameters"].values())
    assert re.fullmatch(r"ghcr\.io/cloudnative-pg/postgresql:1[5-8]\.\d+-[a-z]+-[a-z]+", spec["imageName"])
    assert {"database", "owner", "encoding", "localeProvider", "builtinLocale"} == spec["bootstrap"]["initdb"].keys()
    assert re.fullmatch(r"\d+Gi", spec["storage"]["size"])


def test_the_route_is_as_the_gateway_api_has_it(own: Rendered) -> None:
    # https://gateway-api.sigs.k8s.io/api-types/httproute/ and its timeouts; 0s is without end.
    spec = the("HTTPRoute", own)["spec"]
    assert the("HTTPRoute", own)["apiVersion"] == "gateway.networking.k8s.io/v1"
    seen = {}
    for rule in spec["rules"]:
        (match,), (backend,) = rule["matches"], rule["backendRefs"]
        seen[match["path"]["value"]] = (match["path"]["type"], backend["name"], rule.get("timeouts", {}).get("request"))
        assert backend["port"] == service(own, backend["name"])["ports"][0]["port"]
    assert seen == {
        "/metrics": ("PathPrefix", "chaishots-closed", None),
        "/catalog/events": ("Exact", "chaishots", "0s"),
        "/": ("PathPrefix", "chaishots", "75s"),
    }


def test_prometheus_asks_each_replica_by_the_name_that_alerts_have(own: Rendered) -> None:
    # https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
    spec = the("ServiceMonitor", own)["spec"]
    labels = next(one for one in own if one["kind"] == "Service")["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    assert labels[spec["jobLabel"]] == "chaishots"
    (endpoint,) = spec["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == (service(own)["ports"][0]["name"], "/metrics")


def test_the_rule_of_prometheus_is_what_the_alerts_are(own: Rendered) -> None:
    # https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule
    alerts = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())
    assert the("PrometheusRule", own)["spec"] == alerts
    maker = runpy.run_path(str(MONITORING / "make_prometheus_rule.py"))
    made = maker["rule_of"](maker["ALERTS"].read_text())
    assert maker["RULE"].read_text() == made, "run deploy/monitoring/make_prometheus_rule.py"


def test_the_dashboard_is_the_one_that_there_is(own: Rendered) -> None:
    shown = the("ConfigMap", own, "chaishots-dashboard")
    assert shown["data"] == {"grafana-dashboard.json": (MONITORING / "grafana-dashboard.json").read_text()}
    # kubectl keeps what it applied in an annotation, which has 256 KiB.
    assert len(shown["data"]["grafana-dashboard.json"]) < 200_000
