"""Target files: what they may hold, and what is said of one that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import jsonschema
import pytest
import yaml

from conformance.documents import read_yaml
from conformance.errors import CouldNotTest, TargetFileError
from conformance.resources import fixtures, specs
from conformance.target import Secret, Source, load_target, target_from_document

EXAMPLES = sorted((fixtures() / "targets").glob("*.yaml"))
NAMES = ("STAGING_HDM", "STAGING_API", "STAGING_OPERATOR", "STAGING_SDP", "IAS_URL")
SMALL = """\
version: 1
name: small
tenant: nagra
services:
  hdm: {url: "http://hdm.example:8443/"}
"""


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="target.yaml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write_file


def refused(path):
    with pytest.raises(TargetFileError) as found:
        load_target(path)
    assert found.value.exit_code == 2
    return found.value


def test_there_are_three_examples():
    assert [path.name for path in EXAMPLES] == ["embedded.yaml", "ias-only.yaml", "staging.yaml"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_loads_and_is_commented(path, monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "https://somewhere.example")
    target = target_from_document(read_yaml(path, TargetFileError), sending=False)
    assert target.services
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_fits_the_published_schema(path):
    schema = json.loads((specs() / "schemas" / "target.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)


def test_the_example_of_a_whole_deployment_names_every_key():
    schema = json.loads((specs() / "schemas" / "target.json").read_text(encoding="utf-8"))
    example = yaml.safe_load((fixtures() / "targets" / "staging.yaml").read_text(encoding="utf-8"))
    assert set(example) == set(schema["properties"])
    for section in ("features", "http", "safety"):
        assert set(example[section]) == set(schema["properties"][section]["properties"])


def test_a_url_loses_its_last_slash(write):
    assert load_target(write(SMALL)).services["hdm"].url == "http://hdm.example:8443"


def test_an_environment_variable_is_filled_in_wherever_it_stands(write, monkeypatch):
    monkeypatch.setenv("OTV_HOST", "hdm.example")
    path = write(SMALL.replace("hdm.example", "${OTV_HOST}"))
    assert load_target(path).services["hdm"].url == "http://hdm.example:8443"


def test_an_unset_variable_is_named_with_its_line(write, monkeypatch):
    monkeypatch.delenv("OTV_NOWHERE", raising=False)
    problem = refused(write(SMALL + 'subjects:\n  user: {username: u, password: "${OTV_NOWHERE}"}\n'))
    assert "OTV_NOWHERE" in problem.message
    assert problem.where.endswith("target.yaml:7")
    assert "export OTV_NOWHERE=" in problem.advice


def test_a_file_is_read_again_at_every_use(write, tmp_path):
    secret = tmp_path / "secrets" / "password"
    secret.parent.mkdir()
    secret.write_text("first\n")
    target = load_target(write(SMALL + "subjects:\n  user: {username: u, password: {file: secrets/password}}\n"))
    assert target.subject("user")["password"] == Secret("first")
    secret.write_text("second\n")
    assert target.subject("user")["password"] == Secret("second")
    secret.unlink()
    with pytest.raises(TargetFileError, match="password"):
        target.subject("user")["password"]


def test_a_command_is_run_afresh_at_every_use_in_the_folder_of_the_file(write, tmp_path):
    (tmp_path / "challenge.py").write_text(
        "import pathlib\np = pathlib.Path('count')\nn = int(p.read_text()) + 1 if p.exists() else 1\n"
        "p.write_text(str(n))\nprint(f'challenge-{n}')\n"
    )
    command = json.dumps([sys.executable, "challenge.py"])
    target = load_target(write(SMALL + f"subjects:\n  stb: {{dasChallenge: {{command: {command}}}}}\n"))
    assert [target.subject("stb")["dasChallenge"].reveal() for _ in range(3)] == [
        "challenge-1",
        "challenge-2",
        "challenge-3",
    ]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([sys.executable, "-c", "raise SystemExit('s3cret of stderr')"], "ended with 1"),
        ([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], "ended with -9"),
        (["printf", "s3cret\\ns3cret"], "the output of the command 'printf' contains a newline"),
        (["printf", "\\033[1ms3cret"], "the output of the command 'printf' begins with the character U\\+001B"),
    ],
)
def test_a_command_that_fails_is_named_and_its_output_kept_quiet(write, command, said):
    target = load_target(write(SMALL + f"subjects:\n  stb: {{dasChallenge: {{command: {json.dumps(command)}}}}}\n"))
    with pytest.raises(TargetFileError, match=said) as found:
        target.subject("stb")["dasChallenge"]
    assert found.value.where.endswith(":7")
    assert "s3cret" not in str(found.value)


@pytest.mark.parametrize(
    ("text", "line", "message", "advice"),
    [
        ("version: 1\nname: x\ntenant: n\nservcies: {}\n", 4, "servcies", "Did you mean 'services'?"),
        (SMALL + "feature: {}\n", 6, "feature", "Did you mean 'features'?"),
        (SMALL + "features:\n  in_home: true\n", 7, "in_home", "Did you mean 'in_home_detection'?"),
        (SMALL + "subjects:\n  user:\n    usrname: u\n", 8, "usrname", "Did you mean 'username'?"),
        (SMALL + "safety: {writes: denied}\n", 6, "safety.writes must be allow or deny", ""),
        (SMALL + "http: {timeout: soon}\n", 6, "timeout", ""),
        (SMALL + "http: {timeout: -1}\n", 6, "timeout", ""),
        (SMALL.replace("http://", "ftp://"), 5, "not an http or https URL", ""),
        (SMALL.replace("version: 1", "version: 2"), 1, "version", ""),
        ("name: x\ntenant: n\nservices: {hdm: {url: 'http://h'}}\n", 1, "version", ""),
        (SMALL + "tenant: other\n", 6, "duplicate key 'tenant'", ""),
        (SMALL + "  bad indent\n: [\n", 7, "YAML", ""),
        ("[1, 2]\n", 1, "mapping", ""),
        ("", 1, "mapping", ""),
        (SMALL + "waivers:\n  - {id: STB-020, reason: r, owner: o, expires: someday}\n", 7, "not a date", "YYYY-MM-DD"),
        (SMALL + "waivers:\n  - {id: STB-020, reason: r, expires: 2027-01-01}\n", 7, "owner", ""),
        (
            SMALL + "conditions: {esps_unreachable: {enter: {command: [ls]}}}\n",
            6,
            "conditions.esps_unreachable.leave is missing",
            "",
        ),
        (SMALL + "http: {verify: no-such-ca.pem}\n", 6, "no-such-ca.pem", ""),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_may_be_meant(write, text, line, message, advice):
    problem = refused(write(text))
    assert problem.where.endswith(f"target.yaml:{line}")
    assert message in problem.message
    assert advice in problem.advice


def test_a_missing_file_is_told_with_the_one_that_may_be_meant(write, tmp_path):
    write(SMALL, "staging.yaml")
    problem = refused(tmp_path / "stagin.yaml")
    assert "no such file" in problem.message
    assert "staging.yaml" in problem.advice


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "target.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert refused(path).message == "is not text in UTF-8"


def test_an_object_tag_of_yaml_is_refused(write):
    refused(write(SMALL + "readings: !!python/object/apply:os.system ['echo no']\n"))


def test_secrets_print_as_stars_and_unwrap_only_when_asked(write):
    target = load_target(write(SMALL + "subjects:\n  user: {username: u, password: hunter2}\n"))
    password = target.subject("user")["password"]
    assert f"{password} {password!r} {password:>5}" == "*** *** ***"
    assert "hunter2" not in str(target.subject("user").get("password"))
    assert password.reveal() == "hunter2"


def test_what_the_file_lacks_is_told_with_the_line_to_add(write):
    target = load_target(write(SMALL + "subjects:\n  user: {username: u}\n"))
    with pytest.raises(CouldNotTest) as found:
        target.subject("user")["deviceId"]
    assert found.value.add == ('subjects: {user: {deviceId: "…"}}',)
    with pytest.raises(CouldNotTest):
        target.subject("stb")


def test_a_key_that_is_not_base64_is_told_with_its_line(write):
    problem = refused(write(SMALL + 'credentials:\n  token_keys:\n    "1": "not base64 at all!"\n'))
    assert problem.message == "credentials.token_keys.1 is not base64"
    assert problem.where.endswith(":8")


def test_numbers_and_booleans_are_text_as_they_are_written(write):
    target = load_target(write(SMALL + 'subjects:\n  stb: {smartcardId: "0381", casn: 2954017731}\n'))
    assert target.subject("stb").text("smartcardId") == "0381"
    assert target.subject("stb").text("casn") == "2954017731"


def test_the_option_of_a_reading_is_what_is_written_whatever_yaml_makes_of_it(write):
    target = load_target(write(SMALL + "readings: {ias-unknown-casn: 404, dynamic-provisioning: off}\n"))
    assert target.readings == {"ias-unknown-casn": "404", "dynamic-provisioning": "off"}


def test_a_command_that_does_not_end_is_waited_for_once(monkeypatch):
    started = []

    def never(command, **options):
        started.append(command)
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", never)
    source = Source(command=("challenge",), where="target.yaml:7")
    for _ in range(3):
        with pytest.raises(TargetFileError, match="does not end within 60 s"):
            source.read()
    assert len(started) == 1


@pytest.mark.parametrize("text", ["012345", "10:20:30:40:50:01", "yes", "0x10", "1_000", "1.10", "2026-01-01"])
def test_an_identifier_or_password_is_what_is_written_whatever_yaml_makes_of_it(write, text):
    target = load_target(write(SMALL + f"subjects:\n  stb: {{macAddress: {text}}}\n  user: {{password: {text}}}\n"))
    assert target.subject("stb").text("macAddress") == text
    assert target.subject("user")["password"].reveal() == text


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ('tenant: "${OTV_EMPTY}"', 3),
        ('subjects: {user: {username: u, password: "${OTV_EMPTY}"}}', 6),
        ('credentials: {sdp: {username: mdrm, password: "${OTV_EMPTY}${OTV_EMPTY}"}}', 6),
        ('http: {headers: {x-key: "${OTV_EMPTY}"}}', 6),
    ],
)
def test_a_variable_that_is_set_but_empty_is_a_missing_secret_and_no_password(write, monkeypatch, line, number):
    monkeypatch.setenv("OTV_EMPTY", "")
    text = SMALL.replace("tenant: nagra", line) if line.startswith("tenant") else SMALL + line + "\n"
    problem = refused(write(text))
    assert "OTV_EMPTY is set, but empty" in problem.message or "OTV_EMPTY, OTV_EMPTY is set" in problem.message
    assert problem.where.endswith(f":{number}")


def test_an_empty_variable_within_a_longer_text_is_no_mistake(write, monkeypatch):
    monkeypatch.setenv("OTV_SUFFIX", "")
    path = write(SMALL.replace("hdm.example", "hdm.example${OTV_SUFFIX}"))
    assert load_target(path).services["hdm"].url == "http://hdm.example:8443"


def test_paths_names_and_bodies_of_hooks_come_from_the_environment_too(write, monkeypatch):
    monkeypatch.setenv("OTV_X", "from-env")
    hook = '{http: {url: "http://c/${OTV_X}", headers: {x-key: "${OTV_X}"}, body: "${OTV_X}"}}'
    more = f'paths: {{nmpsignontokens: "/${{OTV_X}}/n"}}\nconditions: {{esps_unreachable: {{enter: {hook}, leave: {hook}}}}}\n'
    target = load_target(write(SMALL.replace("name: small", 'name: "${OTV_X}"') + more))
    enter = target.conditions["esps_unreachable"].enter
    assert (target.name, target.paths["nmpsignontokens"]) == ("from-env", "/from-env/n")
    assert (enter.url, enter.headers["x-key"].read(), enter.body) == ("http://c/from-env", "from-env", "from-env")


def printing(code):
    return f"{{command: {json.dumps([sys.executable, '-c', code])}}}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (printing("print()"), "is empty"),
        (printing("import os; os.write(1, bytes([255, 254, 200]))"), "is not text in UTF-8"),
        (printing("import time; time.sleep(60)"), "does not end within"),
        (printing("print(input('password? '))"), "ended with 1"),
    ],
)
def test_a_command_that_gives_no_text_is_a_mistake_and_no_empty_password(write, monkeypatch, value, said):
    monkeypatch.setattr("conformance.target.model.COMMAND_TIMEOUT_S", 1)
    target = load_target(write(SMALL + f"subjects: {{user: {{username: u, password: {value}}}}}\n"))
    with pytest.raises(TargetFileError, match=said) as found:
        target.subject("user")["password"]
    assert found.value.where.endswith(":6")


@pytest.mark.parametrize("value", ["[hunter2]", "{files: hunter2}", "{command: hunter2}", "{file: [hunter2]}"])
def test_a_mistake_beside_a_secret_does_not_repeat_it(write, value):
    problem = refused(write(SMALL + f"subjects: {{user: {{username: u, password: {value}}}}}\n"))
    assert "subjects.user.password" in problem.message
    assert "hunter2" not in str(problem)


def test_a_url_that_is_none_does_not_show_its_password(write):
    problem = refused(write(SMALL.replace("http://", "ftp://ops:hunter2@")))
    assert "not an http or https URL" in problem.message
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize("pool", ["{file: users.csv}", "null"])
def test_a_pool_of_subjects_is_a_key_that_a_file_may_have(write, pool):
    write("username,password\n", "users.csv")
    assert load_target(write(SMALL + f"subjects_pool: {pool}\n")).name == "small"
