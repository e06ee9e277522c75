"""The manifests of deploy/kubernetes as kubectl renders them, and where in them is what tests ask for."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
KUBERNETES = ROOT / "deploy" / "kubernetes"

Resource = dict[str, Any]
Rendered = list[Resource]


@cache
def render(folder: Path) -> Rendered:
    told = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return list(yaml.safe_load_all(told.stdout))


def the(kind: str, rendered: Rendered, name: str = "") -> Resource:
    (found,) = [one for one in rendered if one["kind"] == kind and one["metadata"]["name"].startswith(name)]
    return found


def container(rendered: Rendered) -> Resource:
    (only,) = pod(rendered)["containers"]
    return only


def pod(rendered: Rendered) -> Resource:
    return the("Deployment", rendered)["spec"]["template"]["spec"]


def environment(rendered: Rendered) -> dict[str, Any]:
    """What a replica sees: each variable's value, or where it comes from."""
    (settings,) = [one["data"] for one in rendered if one["metadata"]["name"].startswith("chaishots-settings-")]
    seen: dict[str, Any] = dict(settings)
    for variable in container(rendered).get("env", []):
        source = variable.get("valueFrom", {})
        of_map = source.get("configMapKeyRef", {}).get("key")
        seen[variable["name"]] = settings.get(of_map) if of_map else source.get("secretKeyRef") or variable["value"]
    return seen


def of_overlay(name: str) -> Rendered:
    return render(KUBERNETES / "overlays" / name)


def service(rendered: Rendered, name: str = "chaishots") -> Resource:
    (found,) = [one["spec"] for one in rendered if (one["kind"], one["metadata"]["name"]) == ("Service", name)]
    return found
