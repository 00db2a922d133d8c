import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.check import CHECKS, main
from settings import Settings
from transports.journal import Patience

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
WEB = "sequencing-web"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in {check.file for check in CHECKS}:
        shutil.copy(DEPLOY / name, tmp_path)
    return tmp_path


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return loaded


def compose_worker() -> dict[str, Any]:
    worker: dict[str, Any] = compose()["services"]["worker"]
    return worker


def kubernetes_pod(program: str = "worker") -> dict[str, Any]:
    manifests = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
    deployments = {each["metadata"]["name"]: each for each in manifests if each["kind"] == "Deployment"}
    pod: dict[str, Any] = deployments[f"sequencing-{program}"]["spec"]["template"]["spec"]
    return pod


def kubernetes_environment(program: str = "worker") -> dict[str, str]:
    (container,) = kubernetes_pod(program)["containers"]
    return {each["name"]: each.get("value", "") for each in container["env"]}


def copied_into_the_image() -> set[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_the_check_finds_nothing_without_an_engine_and_from_any_folder(tmp_path: Path) -> None:
    nowhere = {"HOME": str(tmp_path), "PATH": os.defpath, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    command = [sys.executable, str(DEPLOY / "check.py")]
    done = subprocess.run(command, cwd=tmp_path, env=nowhere, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.rpartition(": ")[2] for line in done.stdout.splitlines()] == ["ok"] * len(CHECKS)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "finders"),
    [
        ("Dockerfile", "ENTRYPOINT", "ENTRYPIONT", {"hadolint"}),
        ("compose.yaml", "stop_grace_period", "stop_grace_periode", {"check-jsonschema", "docker-compose"}),
        ("compose.yaml", "temporal-namespace: {condition", "temporal-namespaces: {condition", {"docker-compose"}),
        ("kubernetes.yaml", "replicas", "replicaz", {"kubernetes-validate"}),
        ("kubernetes.yaml", "terminationGracePeriodSeconds", "terminationGraceSeconds", {"kubernetes-validate"}),
    ],
)
def test_the_check_finds_what_is_misspelt(
    copy: Path, file: str, right: str, wrong: str, finders: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = (copy / file).read_text("utf-8")
    assert right in text
    (copy / file).write_text(text.replace(right, wrong), "utf-8")
    assert main(copy) == 1
    said = capsys.readouterr().out
    assert {check.program for check in CHECKS if f"{check.file}: {check.program}: ok" not in said} == finders


def test_the_check_finds_a_file_that_is_missing(copy: Path) -> None:
    (copy / "Dockerfile").unlink()
    assert main(copy) == 1


def test_containers_are_given_longer_to_stop_than_the_worker_takes() -> None:
    grace = Settings.model_fields["grace_seconds"].default
    patience = {
        "compose.yaml": int(compose_worker()["stop_grace_period"].removesuffix("s")),
        "kubernetes.yaml": kubernetes_pod()["terminationGracePeriodSeconds"],
    }
    said = {
        "compose.yaml": float(compose_worker()["environment"]["SEQUENCING_GRACE_SECONDS"]),
        "kubernetes.yaml": float(kubernetes_environment()["SEQUENCING_GRACE_SECONDS"]),
    }
    assert said == dict.fromkeys(said, grace)
    assert all(seconds >= grace + 10 for seconds in patience.values()), patience


def test_every_variable_given_to_a_worker_a_journal_or_the_pages_is_a_setting() -> None:
    known = {f"SEQUENCING_{name.upper()}" for name in Settings.model_fields}
    journal = {*compose()["services"]["journal"]["environment"], *kubernetes_environment("journal")}
    web = {*compose()["services"]["web"]["environment"], *kubernetes_environment("web")}
    given = {*compose_worker()["environment"], *kubernetes_environment(), *journal, *web}
    assert {name for name in given if name.startswith("SEQUENCING_")} <= known


def test_the_pages_link_to_runs_where_the_ui_of_temporal_is() -> None:
    services = compose()["services"]
    (published,) = services["temporal-ui"]["ports"]
    _, port, _ = published.split(":")
    namespace = services["temporal-ui"]["environment"]["TEMPORAL_DEFAULT_NAMESPACE"]
    told = services["web"]["environment"]["SEQUENCING_TEMPORAL_UI"]
    assert told == f"${{SEQUENCING_TEMPORAL_UI-http://localhost:{port}/namespaces/{namespace}}}"


def test_the_ports_of_health_and_metrics_are_the_settings_own() -> None:
    ports = {Settings.model_fields[f"{name}_address"].default.rpartition(":")[2] for name in ("metrics", "health")}
    (container,) = kubernetes_pod()["containers"]
    assert {str(port["containerPort"]) for port in container["ports"]} == ports
    assert set(compose_worker()["expose"]) == ports
    for environment in (compose_worker()["environment"], kubernetes_environment()):
        assert {environment[f"SEQUENCING_{name}_ADDRESS"] for name in ("METRICS", "HEALTH")} == {
            f"0.0.0.0:{port}" for port in ports
        }


def test_the_pages_are_served_where_their_service_sends_what_comes() -> None:
    port = Settings.model_fields["web_address"].default.rpartition(":")[2]
    (container,) = kubernetes_pod("web")["containers"]
    manifests = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
    (service,) = [one["spec"] for one in manifests if (one["kind"], one["metadata"]["name"]) == ("Service", WEB)]
    (pods,) = [one["spec"] for one in manifests if (one["kind"], one["metadata"]["name"]) == ("Deployment", WEB)]

    for environment in (compose()["services"]["web"]["environment"], kubernetes_environment("web")):
        assert environment["SEQUENCING_WEB_ADDRESS"] == f"0.0.0.0:{port}"
    assert container["args"] == ["web"]
    assert container["ports"] == [{"name": service["ports"][0]["targetPort"], "containerPort": int(port)}]
    assert service["selector"].items() <= pods["template"]["metadata"]["labels"].items()
    assert {"SEQUENCING_DATABASE_URL", "SEQUENCING_SECRET", "SEQUENCING_PUBLIC_URL"} <= set(
        kubernetes_environment("web")
    )
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert (ROOT / "web").joinpath(*container[probe]["httpGet"]["path"].split("/")).is_file()


def test_the_journal_listens_where_its_port_is_and_is_given_longer_to_stop_than_it_takes() -> None:
    port = Settings.model_fields["journal_address"].default.rpartition(":")[2]
    service = compose()["services"]["journal"]
    (container,) = kubernetes_pod("journal")["containers"]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert [each["containerPort"] for each in container["ports"]] == [int(port)]
    for environment in (service["environment"], kubernetes_environment("journal")):
        assert environment["SEQUENCING_JOURNAL_ADDRESS"] == f"0.0.0.0:{port}"
    patience = (
        int(service["stop_grace_period"].removesuffix("s")),
        kubernetes_pod("journal")["terminationGracePeriodSeconds"],
    )
    assert all(seconds >= Patience().stopping + 10 for seconds in patience)


def test_the_image_holds_every_package_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert copied_into_the_image() == packages | {"requirements/runtime.txt"}


def test_the_build_is_sent_what_it_copies_and_nothing_else() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == copied_into_the_image()


def test_no_secret_has_a_default() -> None:
    text = "\n".join((DEPLOY / name).read_text("utf-8") for name in ("compose.yaml", "kubernetes.yaml"))
    secrets = re.findall(r"^ *\w*(?:PASSWORD|PWD|SECRET): (.+)$", text, re.MULTILINE)
    in_addresses = re.findall(r"://\w+:(.+?)@\w", text)
    assert (len(secrets), len(in_addresses)) == (7, 1)
    secrets.remove("${SEQUENCING_SMTP_OAUTH_SECRET-}")  # whoever logs in by password has none
    assert all(re.match(r"\$\{\w+:\?", value) for value in secrets + in_addresses)


def test_the_packages_version_is_the_images() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    texts = "".join(each.read_text("utf-8") for each in DEPLOY.iterdir() if each.is_file())
    images = re.findall(r"contact-sequencing:(?:\$\{SEQUENCING_VERSION:-)?([\d.]+\d)", texts)
    assert images
    assert set(images) == {version}
