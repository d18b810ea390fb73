"""What deploying relies on holds: the configuration, the Dockerfile and the compose file."""

import re
import tomllib

import yaml

from tests.deploying.image import ROOT, ignored, instructions
from tests.deploying.network import SETTINGS, filled

DOCKERFILE = instructions((ROOT / "Dockerfile").read_text())
COMPOSE_TEXT = (ROOT / "deploying" / "compose.yaml").read_text()
SERVICES = yaml.safe_load(COMPOSE_TEXT)["services"]
NGINX = (ROOT / "deploying" / "nginx.conf").read_text()


def last(name: str) -> str:
    return [value for found, value in DOCKERFILE if found == name][-1]


def test_the_configuration_leaves_the_address_to_the_start() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert "address" not in config["server"]
    assert "port" not in config["server"]  # Community Cloud asks at the default one


def test_instructions_are_joined_over_lines() -> None:
    text = "# a comment\nFROM a AS b\nRUN one \\\n    && two\n"
    assert instructions(text) == [("FROM", "a AS b"), ("RUN", "one      && two")]


def test_the_image_does_not_run_as_root() -> None:
    names = [name for name, _ in DOCKERFILE]
    made = re.search(r"useradd .*--uid 1000 (\w+)", "\n".join(value for _, value in DOCKERFILE))
    assert made and last("USER") == made[1]
    assert "RUN" not in names[names.index("USER") :]


def test_the_image_can_be_asked_for_its_health_and_keeps_its_home() -> None:
    assert "/_stcore/health" in last("HEALTHCHECK")
    assert f"SCRATCHMLP_HOME={last('VOLUME')}" in last("ENV")
    assert last("CMD") == '["streamlit", "run", "app.py"]'


def test_the_index_of_pytorch_is_nobodys_by_default() -> None:
    assert last("ARG") == 'TORCH_INDEX=""'
    assert "://" not in (ROOT / "Dockerfile").read_text().replace("http://127.0.0.1", "")


def test_what_the_image_copies_is_there_and_is_not_ignored() -> None:
    sources = [value.split()[0] for name, value in DOCKERFILE if name == "COPY"]
    own = [source for source in sources if not source.startswith("--from")]
    assert {"app.py", "scratchmlp", ".streamlit", "pages", "requirements.txt"} == set(own)
    assert all((ROOT / source).exists() for source in own)
    assert not ignored(str(ROOT), own)
    assert ignored(str(ROOT / "scratchmlp"), ["__pycache__", "errors.py"]) == {"__pycache__"}
    assert ignored(str(ROOT / ".streamlit"), ["secrets.toml"]) == {"secrets.toml"}


def test_the_services_of_a_class_on_several_machines() -> None:
    assert set(SERVICES) == {"proxy", "app-1", "app-2", "scheduler", "worker", "database"}
    assert SERVICES["app-1"] == SERVICES["app-2"]
    assert "server app-1:8501;" in NGINX and "server app-2:8501;" in NGINX
    assert (
        SERVICES["scheduler"]["environment"]["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] == "0"
    )


def test_inside_ports_are_open_at_the_private_address_only() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports["proxy"] == ["80:80"]
    for name in ("scheduler", "database"):
        [port] = ports[name]
        assert filled(port, SETTINGS).startswith(SETTINGS["HOST"] + ":")
    assert not ports["app-1"] + ports["worker"]


def test_all_secrets_must_be_given() -> None:
    for secret in ("PASSWORD", "COOKIE_SECRET"):
        assert f"${{{secret}:?" in COMPOSE_TEXT


def test_variables_are_filled_in() -> None:
    settings = {"HOST": "10.0.0.1"}
    assert (
        filled("tcp://${HOST}:1 ${HOST:?needed} ${N:-2}${M:-}", settings)
        == "tcp://10.0.0.1:1 10.0.0.1 2"
    )


def test_a_visitor_stays_with_one_server() -> None:
    from scratchmlp.ui.server import COOKIE

    assert f"map $cookie_{COOKIE} $visitor" in NGINX
    assert "hash $visitor consistent;" in NGINX
