"""The manifests match Kubernetes, each other and the program; the server runs as they say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import kubernetes_validate
import pytest
import requests
import yaml

from broker import __version__
from broker.pki.development import ensure_server_certificate
from broker.runtime.state_directory import new_master_key
from broker.settings.environment import load_settings
from broker.settings.model import PREFIX, Settings
from tests.support.application import fetch_token
from tests.support.deployed import PATIENCE_SECONDS, read_only_but, running
from tests.support.kustomization import Manifest, kustomization_in, rendered
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.container_image import Image
    from tests.support.postgres import PrivatePostgres

FOLDER = ROOT / "deploy/kubernetes"
TEMPLATES = FOLDER / "templates"
# The oldest and the newest version with schemas that have all fields of the manifests.
KUBERNETES_VERSIONS = ("1.27", kubernetes_validate.latest_version())
POSTGRESQL_CONNECTIONS = 100 - 3
"""The default of max_connections, less those reserved for superusers."""

PASSWORD = "broker-password-of-this-test"

# servicecatalog.k8s.io has no published JSON schema: the fields of v1beta1, as its types name them.
CLUSTER_SERVICE_BROKER = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "servicecatalog.k8s.io/v1beta1"},
        "kind": {"const": "ClusterServiceBroker"},
        "metadata": {
            "type": "object",
            "required": ["name"],
            "properties": {"namespace": False},
        },
        "spec": {
            "type": "object",
            "required": ["url"],
            "additionalProperties": False,
            "properties": {
                "url": {"type": "string", "pattern": "^https://[^/@]+$"},
                "insecureSkipTLSVerify": {"type": "boolean"},
                "caBundle": {"type": "string", "contentEncoding": "base64"},
                "relistBehavior": {"enum": ["Duration", "Manual"]},
                "relistDuration": {"type": "string"},
                "relistRequests": {"type": "integer", "minimum": 0},
                "catalogRestrictions": {"type": "object"},
                "authInfo": {
                    "type": "object",
                    "additionalProperties": False,
                    "maxProperties": 1,
                    "properties": {
                        "basic": {"$ref": "#/$defs/reference"},
                        "bearer": {"$ref": "#/$defs/reference"},
                    },
                },
            },
        },
    },
    "$defs": {
        "reference": {
            "type": "object",
            "required": ["secretRef"],
            "additionalProperties": False,
            "properties": {
                "secretRef": {
                    "type": "object",
                    "required": ["namespace", "name"],
                    "additionalProperties": False,
                    "properties": {"namespace": {"type": "string"}, "name": {"type": "string"}},
                }
            },
        }
    },
}

# monitoring.coreos.com has no schema in the packages of the tests either: the fields used here.
SERVICE_MONITOR = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "monitoring.coreos.com/v1"},
        "kind": {"const": "ServiceMonitor"},
        "metadata": {"type": "object", "required": ["name"]},
        "spec": {
            "type": "object",
            "required": ["endpoints", "selector"],
            "additionalProperties": False,
            "properties": {
                "selector": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "matchLabels": {
                            "type": "object",
                            "additionalProperties": {"type": "string"},
                        }
                    },
                },
                "endpoints": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "port": {"type": "string"},
                            "path": {"type": "string", "pattern": "^/"},
                            "authorization": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "type": {"const": "Bearer"},
                                    "credentials": {
                                        "type": "object",
                                        "required": ["key", "name"],
                                        "additionalProperties": False,
                                        "properties": {
                                            "name": {"type": "string"},
                                            "key": {"type": "string"},
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def manifests_in(folder: Path) -> Iterator[Manifest]:
    """Yield all objects in the files of a folder, as `kubectl apply -f` reads them."""
    for path in sorted(folder.glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


APPLIED = rendered(FOLDER)
FILLED_IN = list(manifests_in(TEMPLATES))
CUSTOM_KINDS = {
    "ClusterServiceBroker": CLUSTER_SERVICE_BROKER,
    "ServiceMonitor": SERVICE_MONITOR,
}


def the(kind: str, name: str = "xsuaa-broker") -> Manifest:
    """Return the object of this kind and name."""
    [found] = [
        each
        for each in APPLIED + FILLED_IN
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def pod_of(manifest: Manifest) -> Manifest:
    """Return the specification of an object's pods."""
    specification: Manifest = manifest["spec"]["template"]["spec"]
    return specification


def container_of(manifest: Manifest) -> Manifest:
    """Return the only container of the pods."""
    [only] = pod_of(manifest)["containers"]
    described: Manifest = only
    return described


@pytest.fixture(scope="module")
def deployment() -> Manifest:
    """The deployment of the servers."""
    return the("Deployment")


@pytest.fixture(scope="module")
def migration() -> Manifest:
    """The migration job that runs before the servers."""
    return the("Job", "xsuaa-broker-migration")


@pytest.fixture(params=["Deployment", "Job"])
def workload(request: pytest.FixtureRequest) -> Manifest:
    """The deployment and the job."""
    return next(each for each in APPLIED if each["kind"] == request.param)


def label(manifest: Manifest) -> str:
    """Name a case."""
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@pytest.mark.parametrize("manifest", APPLIED + FILLED_IN, ids=label)
def test_it_fits_its_schema(manifest: Manifest, version: str) -> None:
    if schema := CUSTOM_KINDS.get(manifest["kind"]):
        jsonschema.validate(manifest, schema)
    else:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_refuse_invalid_manifests() -> None:
    service = the("Service")
    wrong = {**service, "spec": {**service["spec"], "selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError, match="selectors"):
        kubernetes_validate.validate(wrong, KUBERNETES_VERSIONS[-1], strict=True)
    broker = the("ClusterServiceBroker")
    with pytest.raises(jsonschema.ValidationError, match="authInfos"):
        jsonschema.validate(
            {**broker, "spec": {**broker["spec"], "authInfos": {}}}, CLUSTER_SERVICE_BROKER
        )


@pytest.mark.parametrize("manifest", APPLIED, ids=label)
def test_it_goes_into_any_namespace(manifest: Manifest) -> None:
    assert "namespace" not in manifest["metadata"]


def test_no_secret_is_applied_and_the_templates_hold_none() -> None:
    assert [each for each in APPLIED if each["kind"] == "Secret"] == []
    for secret in FILLED_IN:
        if secret["kind"] == "Secret":
            assert "data" not in secret
            filled = {name for name, value in secret["stringData"].items() if value}
            assert filled <= {"username"}


def test_every_variable_is_a_setting() -> None:
    named = set(the("ConfigMap")["data"]) | set(the("Secret")["stringData"])
    known = {
        str(field.validation_alias or f"{PREFIX}{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    assert named <= known
    # Further settings for production; by default, workers would follow the node's cores.
    assert {"XSUAA_MASTER_KEYS", "XSUAA_BROKER_PASSWORD", "XSUAA_DATABASE_URL"} <= named
    assert {"XSUAA_MODE", "XSUAA_WORKERS", "XSUAA_PUBLIC_URL"} <= named


def test_secrets_are_in_no_config_map() -> None:
    secret = {
        f"{PREFIX}{name.upper()}"
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }
    assert secret
    assert secret.isdisjoint(the("ConfigMap")["data"])


def test_the_settings_are_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in filled_in_environment("postgresql://u:p@h/d").items():
        monkeypatch.setenv(name, value)
    loaded = load_settings()
    assert loaded.mode == "production"
    assert loaded.domain == "uaa.example.org"
    assert loaded.cert_url == loaded.public_url


def test_probes_ask_endpoints_that_exist(deployment: Manifest, endpoints: set[str]) -> None:
    container = container_of(deployment)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    asked = {
        name: container[name]["httpGet"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert {probe["path"] for probe in asked.values()} <= endpoints
    assert asked["readinessProbe"]["path"] == "/readyz"
    # A restart does not help a server without its database.
    assert asked["livenessProbe"]["path"] == asked["startupProbe"]["path"] == "/healthz"
    assert {probe["port"] for probe in asked.values()} == {"http"}
    settings = the("ConfigMap")["data"]
    assert ports == {"http": int(settings["PORT"]), "https": int(settings["XSUAA_TLS_PORT"])}


def test_its_arguments_are_a_command(workload: Manifest) -> None:
    arguments = container_of(workload)["args"]
    shown = subprocess.run(
        [sys.executable, "-m", "broker", *arguments, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert " ".join(["Usage: python -m broker", *arguments]) in shown.stdout


def test_it_may_do_as_little_as_the_restricted_standard_demands(workload: Manifest) -> None:
    pod, container = pod_of(workload), container_of(workload)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    # Kubernetes would set XSUAA_BROKER_PORT and more for a service of this name.
    assert pod["enableServiceLinks"] is False


def test_every_referenced_object_exists(workload: Manifest) -> None:
    pod, container = pod_of(workload), container_of(workload)
    sources = {(kind, at["name"]) for each in container["envFrom"] for kind, at in each.items()}
    assert sources == {("configMapRef", "xsuaa-broker"), ("secretRef", "xsuaa-broker")}
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    for volume in pod["volumes"]:
        if "secret" in volume:
            assert the("Secret", volume["secret"]["secretName"])["type"] == "kubernetes.io/tls"


def test_the_kustomization_has_every_file_and_is_the_only_place_of_host_and_image() -> None:
    kustomization = kustomization_in(FOLDER)
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files
    [image], [generated] = kustomization["images"], kustomization["configMapGenerator"]
    edited = {image["newTag"], *(each.split("=", 1)[1] for each in generated["literals"])}
    for path in FOLDER.glob("*.yaml"):
        if path.name != "kustomization.yaml":
            text = path.read_text()
            assert not any(value in text for value in edited), path.name
            assert "example.org" not in text, path.name
            # The kustomization replaces the name alone.
            assert set(re.findall(r"image: (.*)", text)) <= {image["name"]}


def test_kubectl_renders_the_same() -> None:
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl")
    shown = subprocess.run(
        ["kubectl", "kustomize", FOLDER], capture_output=True, text=True, check=True
    )
    objects = list(yaml.safe_load_all(shown.stdout))
    assert sorted(objects, key=label) == sorted(APPLIED, key=label)


def test_both_run_the_image_of_this_version(workload: Manifest) -> None:
    assert container_of(workload)["image"] == f"xsuaa-broker:{__version__}"


def test_both_run_as_the_user_of_the_image(workload: Manifest, image: Image) -> None:
    context = pod_of(workload)["securityContext"]
    assert image.user == f"{context['runAsUser']}:{context['runAsGroup']}"
    # The volume is mounted at the only folder that the user owns.
    assert image.environment["XSUAA_STATE_DIR"] == the("ConfigMap")["data"]["XSUAA_STATE_DIR"]


def test_objects_select_the_servers_alone(deployment: Manifest, migration: Manifest) -> None:
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    selector = deployment["spec"]["selector"]["matchLabels"]
    assert selector == labels
    assert the("Service")["spec"]["selector"] == labels
    assert the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert not selector.items() <= migration["spec"]["template"]["metadata"]["labels"].items()
    # The policy applies to both.
    chosen = the("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items()
    for workload in (deployment, migration):
        assert chosen <= workload["spec"]["template"]["metadata"]["labels"].items()
    target = the("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["apiVersion"], target["kind"], target["name"]) == (
        deployment["apiVersion"],
        deployment["kind"],
        deployment["metadata"]["name"],
    )


def test_the_service_leads_to_both_ports(deployment: Manifest) -> None:
    named = {port["name"] for port in container_of(deployment)["ports"]}
    assert {port["targetPort"] for port in the("Service")["spec"]["ports"]} == named
    allowed = the("NetworkPolicy")["spec"]["ingress"][0]["ports"]
    assert {port["port"] for port in allowed} == named


def test_all_pods_together_leave_connections_free(deployment: Manifest) -> None:
    settings = the("ConfigMap")["data"]
    listeners, of_the_supervisor = 2, 1
    per_pod = int(settings["XSUAA_WORKERS"]) * listeners * int(settings["XSUAA_THREADS"])
    surge = deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    pods = the("HorizontalPodAutoscaler")["spec"]["maxReplicas"] + surge
    assert pods * (per_pod + of_the_supervisor) <= POSTGRESQL_CONNECTIONS


def test_an_eviction_leaves_one_at_least() -> None:
    least = the("HorizontalPodAutoscaler")["spec"]["minReplicas"]
    assert least - the("PodDisruptionBudget")["spec"]["maxUnavailable"] >= 1


def test_the_registration_has_the_credentials_of_the_configuration() -> None:
    broker, configured = the("ClusterServiceBroker"), the("ConfigMap")["data"]
    assert broker["spec"]["url"] == configured["XSUAA_PUBLIC_URL"]
    reference = broker["spec"]["authInfo"]["basic"]["secretRef"]
    secret = the("Secret", reference["name"])
    assert secret["metadata"]["namespace"] == reference["namespace"]
    assert set(secret["stringData"]) == {"username", "password"}
    user = Settings.model_fields["broker_user"].get_default()
    assert secret["stringData"]["username"] == configured.get("XSUAA_BROKER_USER", user)


def test_prometheus_finds_the_pods_and_the_token() -> None:
    monitor, service = the("ServiceMonitor")["spec"], the("Service")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    [endpoint] = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["path"] == "/metrics"
    token = endpoint["authorization"]["credentials"]
    assert token["key"] in the("Secret", token["name"])["stringData"]


def test_it_runs_as_in_the_manifests(
    deployment: Manifest,
    migration: Manifest,
    image: Image,
    postgres: PrivatePostgres,
    tmp_path: Path,
) -> None:
    """The job, then the server, with only their volumes writable."""
    values = filled_in_environment(postgres.create_database(f"kubernetes-{a_guid()}"))
    certificate = ensure_server_certificate(tmp_path / "made", ["localhost"])
    job = Pod(migration, values, image, tmp_path / "job")
    upgraded = subprocess.run(
        [*job.prefix, *job.command],
        cwd=image.working_directory,
        env=job.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert upgraded.stdout.startswith("The database schema was upgraded")
    pod = Pod(deployment, values, image, tmp_path / "pod")
    for name in ("XSUAA_TLS_CERTIFICATE_FILE", "XSUAA_TLS_KEY_FILE"):
        Path(pod.environment[name]).write_bytes(certificate.read_bytes())
    command, log_file = [*pod.prefix, *pod.command], tmp_path / "server.log"
    with running(command, image.working_directory, pod.environment, log_file) as process:
        url = f"http://localhost:{pod.environment['PORT']}"
        secure_url = f"https://localhost:{pod.environment['XSUAA_TLS_PORT']}"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = container_of(deployment)[probe]["httpGet"]["path"]
            assert requests.get(f"{url}{path}", timeout=30).status_code == 200
        platform = PlatformClient(url, "broker", PASSWORD)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).status_code == 201
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        assert credentials["url"] == "https://uaa.example.org"
        assert fetch_token(credentials | {"url": url}).status_code == 200
        ca_file = str(certificate.with_name("ca.pem"))
        keys = requests.get(f"{secure_url}/token_keys", verify=ca_file, timeout=30)
        assert keys.json()["keys"]
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0


def test_read_only_paths_of_the_run_are_read_only(tmp_path: Path) -> None:
    prefix = read_only_but(tmp_path)
    if not prefix:
        pytest.skip("this machine makes no namespaces")
    touch = [*prefix, "touch"]
    assert subprocess.run([*touch, tmp_path / "file"], check=False).returncode == 0
    beside = tmp_path.with_name("beside")
    tried = subprocess.run([*touch, beside], capture_output=True, check=False)
    assert tried.returncode != 0
    assert not beside.exists()


def filled_in_environment(database_url: str) -> dict[str, str]:
    """Return the variables of the containers once the operator has filled in the secrets."""
    secrets = {
        **the("Secret")["stringData"],
        "XSUAA_DATABASE_URL": database_url,
        "XSUAA_MASTER_KEYS": new_master_key(),
        "XSUAA_BROKER_PASSWORD": PASSWORD,
    }
    return {**the("ConfigMap")["data"], **secrets}


class Pod:
    """The container of a workload on this machine: its volumes are folders below a directory."""

    def __init__(
        self, workload: Manifest, values: dict[str, str], image: Image, directory: Path
    ) -> None:
        container = container_of(workload)
        self._directory = directory
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        for path in mounts.values():
            self.folder(path).mkdir(parents=True)
        self.command = [*image.entrypoint, *container["args"]]
        writable = [
            self.folder(mounts[volume["name"]])
            for volume in pod_of(workload)["volumes"]
            if "emptyDir" in volume
        ]
        self.prefix = read_only_but(*writable)
        self.environment = {
            **image.container_environment(),
            "TMPDIR": str(self.folder("/tmp")),  # noqa: S108 - the volume
            **{name: self._moved(value, mounts.values()) for name, value in values.items()},
            # Other servers run on this machine as well.
            "PORT": str(free_port()),
            "XSUAA_TLS_PORT": str(free_port()),
        }

    def folder(self, path: str) -> Path:
        """Return where a path of the container lies here."""
        return self._directory / path.lstrip("/")

    def _moved(self, value: str, mounted: Iterable[str]) -> str:
        return str(self.folder(value)) if value.startswith(tuple(mounted)) else value
