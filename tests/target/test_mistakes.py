"""What a target file alone shows to be wrong: all of it at once, with file, line and advice, and no secret."""

from __future__ import annotations

import base64
import copy
import json
import sys
import time
from datetime import date

import pytest
import yaml

from conformance.documents import read_yaml
from conformance.errors import TargetFileError
from conformance.opentv.tokens import make_jwt
from conformance.reference.server import RunningPlatform
from conformance.runner.target import unknown_names
from conformance.target import load_target, reveal, target_from_document
from conformance.target.mistakes import mistakes

SMALL = 'version: 1\nname: small\ntenant: nagra\nservices:\n  hdm: {url: "http://hdm.example:8443/"}\n'


@pytest.fixture
def write(tmp_path):
    def write_file(text):
        path = tmp_path / "target.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def found(path, **options):
    return mistakes(read_yaml(path, TargetFileError), **options)


def only(path):
    """The one mistake of a file, which loading it reports with exit code 2."""
    (one,) = found(path)
    with pytest.raises(TargetFileError) as raised:
        load_target(path)
    assert raised.value.exit_code == 2
    assert raised.value.message == one.message
    return one


@pytest.fixture(scope="module")
def platform():
    with RunningPlatform() as running:
        yield running


@pytest.fixture
def document(platform):
    return copy.deepcopy(platform.target_document())


def test_the_target_file_of_the_reference_platform_has_no_mistake(write, document):
    assert found(write(yaml.safe_dump(document, sort_keys=False))) == []


SAME = [
    *(("stb", "stb_other_account", key) for key in ("smartcardId", "nuId", "casn", "dasChallenge", "macAddress")),
    *(("stb", "stb_disabled", key) for key in ("smartcardId", "nuId", "casn", "dasChallenge")),
    *(("stb_other_account", "stb_disabled", key) for key in ("casn", "macAddress")),
    *(("user", "user_other_account", key) for key in ("username", "deviceId", "accountId")),
    ("gateway", "gateway_unprovisioned", "smartcardId"),
]


@pytest.mark.parametrize(("one", "two", "key"), SAME)
def test_two_subjects_that_must_differ_and_do_not_are_named_with_both_lines(write, document, one, two, key):
    document["subjects"][two][key] = document["subjects"][one][key]
    path = write(yaml.safe_dump(document, sort_keys=False))
    problem = only(path)
    assert problem.message.startswith(f"subjects.{two}.{key} is the same as subjects.{one}.{key} (line ")
    lines = path.read_text().splitlines()
    assert key in lines[int(problem.where.rpartition(":")[2]) - 1]
    assert key in lines[int(problem.message.partition("(line ")[2].rstrip(")")) - 1]


def test_a_second_user_who_is_the_first_is_every_key_a_mistake(write, document):
    document["subjects"]["user_other_account"] = dict(document["subjects"]["user"])
    assert len(found(write(yaml.safe_dump(document)))) == 3


def test_case_does_not_make_another_box(write, document):
    document["subjects"]["stb_other_account"]["nuId"] = document["subjects"]["stb"]["nuId"].lower()
    assert "nuId is the same" in only(write(yaml.safe_dump(document))).message


def test_boxes_may_share_a_csad_list_and_users_a_password(write, document):
    document["subjects"]["stb_other_account"]["csadList"] = document["subjects"]["stb"]["csadList"]
    document["subjects"]["user_other_account"]["password"] = document["subjects"]["user"]["password"]
    assert found(write(yaml.safe_dump(document))) == []


@pytest.mark.parametrize(
    ("one", "two"), [("authorized", "not_authorized"), ("authorized", "live_ppv"), ("not_authorized", "live_ppv")]
)
def test_contents_that_must_differ_and_do_not(write, document, one, two):
    document["subjects"]["content"][two] = document["subjects"]["content"][one]
    assert (
        f"subjects.content.{two} is the same as subjects.content.{one}" in only(write(yaml.safe_dump(document))).message
    )


def test_a_channel_that_is_in_both_lists(write, document):
    channels = document["subjects"]["channels"]
    channels["everywhere"].append(channels["in_home_only"][0])
    problem = only(write(yaml.safe_dump(document)))
    assert channels["in_home_only"][0] in problem.message
    assert "in_home_only, too (line " in problem.message


def test_values_from_the_environment_and_from_files_are_compared_too(write, document, tmp_path, monkeypatch):
    user = document["subjects"]["user"]
    monkeypatch.setenv("OTV_SECOND", user["username"])
    (tmp_path / "device").write_text(user["deviceId"] + "\n")
    document["subjects"]["user_other_account"] |= {"username": "${OTV_SECOND}", "deviceId": {"file": "device"}}
    assert len(found(write(yaml.safe_dump(document)))) == 2


STRAY = [
    ("\n", "ends in a newline"),
    ("\r\n", "ends in a newline"),
    (" ", "ends in a space"),
    ("\t", "ends in a tab"),
    ("\xa0", "ends in the character U+00A0"),
    ("\u200b", "ends in the character U+200B"),
    ("\ufeff", "ends in a byte order mark"),
    ("\x7f", "ends in the character U+007F"),
]
SECRET_PLACES = [
    "tenant",
    "services.hdm.url",
    "subjects.user.username",
    "subjects.user.password",
    "subjects.stb.dasChallenge",
    "subjects.content.authorized",
    "subjects.channels.everywhere.0",
    "credentials.crm.token",
    "credentials.sdp.password",
    "http.headers.x-key",
    "http.proxy",
    "paths.listServices",
]


def with_value(place, value):
    document = {"version": 1, "name": "n", "tenant": "nagra", "services": {"hdm": {"url": "http://h"}}}
    holder = document
    *parents, last = place.split(".")
    for part in parents:
        holder = holder.setdefault(part, {})
    if last == "0":
        document["subjects"]["channels"]["everywhere"] = [value]
    else:
        holder[last] = value
    if place == "credentials.sdp.password":
        holder["username"] = "mdrm"
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


@pytest.mark.parametrize(("stray", "said"), STRAY)
@pytest.mark.parametrize("place", SECRET_PLACES)
def test_a_variable_that_ends_in_a_stray_character_is_named_with_its_line(write, monkeypatch, place, stray, said):
    start = "http://h.example" if place in ("services.hdm.url", "http.proxy") else "/canary"
    monkeypatch.setenv("OTV_VALUE", f"{start}-canary-4711{stray}")
    path = write(with_value(place, "${OTV_VALUE}"))
    problem = only(path)
    assert problem.message == f"{place}: the environment variable OTV_VALUE {said}"
    assert "canary" not in str(problem)
    line = path.read_text().splitlines()[int(problem.where.rpartition(":")[2]) - 1]
    assert "OTV_VALUE" in line


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"canary "', "ends in a space"),
        ('" canary"', "begins with a space"),
        ('"canary\\n"', "ends in a newline"),
        ("|\n   canary\n", "ends in a newline"),
        ('"can\\nary"', "contains a newline"),
        ('"can\\0ary"', "contains the character U+0000"),
        ('"can\\u2028ary"', "contains the character U+2028"),
        ('"\\ufeffcanary"', "begins with a byte order mark"),
    ],
)
def test_a_stray_character_of_the_file_itself(write, value, said):
    problem = only(write(SMALL + f"subjects:\n user:\n  username: {value}\n"))
    assert problem.message == f"subjects.user.username {said}"
    assert "canary" not in str(problem)


def test_a_space_inside_a_value_is_no_mistake(write):
    assert found(write(SMALL + 'subjects: {user: {username: "Ada Keller", password: "pass phrase of words"}}\n')) == []


def test_the_body_of_a_hook_may_be_empty_and_end_in_a_newline(write):
    hook = '{http: {url: "http://c/x?y=1", body: "%s"}}'
    enter, leave = hook % "", hook % "a: 1\\n"
    text = SMALL + f"conditions: {{esps_unreachable: {{enter: {enter}, leave: {leave}}}}}\n"
    assert found(write(text)) == []


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfcanary", b"canary\n", b"canary\r\n", b"\xef\xbb\xbfcanary\r\n\r\n"])
def test_a_secret_file_may_begin_with_a_byte_order_mark_and_end_in_a_newline(write, tmp_path, content):
    (tmp_path / "secret").write_bytes(content)
    target = load_target(write(SMALL + "subjects: {user: {username: u, password: {file: secret}}}\n"))
    assert reveal(target.subject("user")["password"]) == "canary"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"\r\n", "is empty"),
        (b"\xef\xbb\xbf\n", "is empty"),
        (b"\xff\xfec\x00a\x00", "is not text in UTF-8"),
        (b"canary\ncanary\n", "contains a newline"),
        (b"x" * 1_000_001, "is too large for a value"),
    ],
)
def test_a_secret_file_that_is_none(write, tmp_path, content, said):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    problem = only(write(SMALL + "subjects: {user: {username: u, password: {file: secret}}}\n"))
    assert problem.message == f"subjects.user.password: the file 'secret' {said}"
    assert "canary" not in str(problem)


@pytest.mark.parametrize("name", ['"a\\0b"', f'"{"x" * 300}"', ".", "/dev/null", '"secret "', "no/such/folder/secret"])
def test_a_name_that_is_no_secret_file(write, tmp_path, name):
    (tmp_path / "secret").write_text("x")
    problem = only(write(SMALL + f"subjects: {{user: {{username: u, password: {{file: {name}}}}}}}\n"))
    assert problem.where.endswith(":6")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["./no-such-command"], "is not an executable file"),
        (["/no/such/command"], "is not an executable file"),
        (["no-such-command-at-all"], "is not found in PATH"),
        (["a\0b"], "has a word that no command can have"),
        ([sys.executable, "a\0b"], "has a word that no command can have"),
        (["./plain-file"], "is not an executable file"),
    ],
)
@pytest.mark.parametrize(
    "place",
    ["subjects: {stb: {dasChallenge: %s}}", "conditions: {esps_unreachable: {enter: %s, leave: {command: [ls]}}}"],
)
def test_a_command_that_cannot_run_is_found_before_the_run(write, tmp_path, command, said, place):
    (tmp_path / "plain-file").write_text("x")
    problem = only(write(SMALL + place % f"{{command: {json.dumps(command)}}}" + "\n"))
    assert said in problem.message


URLS = [
    ("http://h.example:99999", "has the port '99999', which is not a port"),
    ("http://h.example:65536/", "has the port '65536', which is not a port"),
    ("http://h.example:0", "has the port '0', which is not a port"),
    ("http://h.example:abc", "has the port 'abc', which is not a port"),
    ("http://h.example:-1", "has the port '-1', which is not a port"),
    ("http://h.example:\u0663", "which is not a port"),
    ("http://h.example:", "has no port after its colon"),
    ("http://[::1", "is not a URL: its host is malformed"),
    ("http://::1]", "is not a URL: its host is malformed"),
    ("http://[not-an-address]", "is not a URL: its host is malformed"),
    ("http://", "has no host"),
    ("https:///path", "has no host"),
    ("http://:8080", "has no host"),
    ("http://h example", "has a host name that DNS cannot hold"),
    ("http://h..example", "has a host name that DNS cannot hold"),
    (f"http://{'x' * 300}.example", "has a host name that DNS cannot hold"),
    ("http://h$x", "has a host name that DNS cannot hold"),
    ("h.example:8443", "is not an http or https URL: it has no scheme"),
    ("/adm", "is not an http or https URL: it has no scheme"),
    ("ftp://h.example", "is not an http or https URL: its scheme is ftp"),
    ("http:/h.example", "is not an http or https URL: its scheme is http"),
    ("http://ops:hunter2@h.example", "has a user name or password before its host, which would not be sent"),
    ("http://hunter2@h.example:8443/x", "has a user name or password before its host"),
    ("https://ops:hun/hunter2@h.example", "is not a port"),
    ("http://h.example/x?key=hunter2", "has a query, which would not be sent"),
    ("http://h.example/x?", "has a query, which would not be sent"),
    ("http://h.example/x#hunter2", "has a fragment, which would not be sent"),
    ("http://h.example/a b", "has a space, or a character beyond ASCII, in its path"),
    ("http://h.example/ä", "has a space, or a character beyond ASCII, in its path"),
]


@pytest.mark.parametrize(("url", "said"), URLS)
@pytest.mark.parametrize("place", ["services.hdm.url", "services.adm.ssp_url", "credentials.crm.keycloak.url"])
def test_an_address_that_is_none(write, place, url, said):
    document = {"version": 1, "name": "n", "tenant": "t", "services": {"hdm": {"url": "http://h"}}}
    document["services"]["adm"] = {"url": "http://a"}
    keycloak = {"url": "http://k", "realm": "r", "username": "u", "password": "p", "client_id": "c"}
    document["credentials"] = {"crm": {"keycloak": keycloak}}
    holder = keycloak if "keycloak" in place else document["services"][place.split(".")[1]]
    holder[place.rpartition(".")[2]] = url
    path = write(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    problem = only(path)
    assert problem.message.startswith(place)
    assert said in problem.message
    assert "hunter2" not in str(problem)
    assert place.rpartition(".")[2] in path.read_text().splitlines()[int(problem.where.rpartition(":")[2]) - 1]


@pytest.mark.parametrize("source", ["{file: value}", "{command: [cat, value]}"])
@pytest.mark.parametrize("place", ["services.ias.url", "http.proxy", "credentials.crm.keycloak.url"])
def test_an_address_of_a_file_or_command_is_looked_at_too(write, tmp_path, place, source):
    (tmp_path / "value").write_text("URL=http://h.example\n")
    document = yaml.safe_load(with_value(place, yaml.safe_load(source)))
    if "keycloak" in place:
        document["credentials"]["crm"]["keycloak"] |= dict.fromkeys(("realm", "username", "password", "client_id"), "x")
    with pytest.raises(TargetFileError) as raised:
        load_target(write(yaml.safe_dump(document)))
    assert "is not an http or https URL: it has no scheme" in str(raised.value)
    assert place in str(raised.value)
    assert raised.value.where


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("http://", "has no host"),
        ("http://h:99999/x", "has the port '99999', which is not a port"),
        ("http://ops:hunter2@h/x", "has a user name or password before its host"),
        ("http://h/x?app=1", "has a query"),
        ("http://h/a b", "has a space, or a character beyond ASCII, in its path"),
        ("/a b", "has a space, or a character beyond ASCII, in its path"),
        ("/ä", "has a space, or a character beyond ASCII, in its path"),
    ],
)
def test_a_path_of_an_operation_that_cannot_be_sent(write, path, said):
    problem = only(write(SMALL + f"paths: {{nmpsignontokens: {path!r}}}\n"))
    assert problem.message.startswith(f"paths.nmpsignontokens {said}")
    assert "hunter2" not in str(problem)


def test_a_header_of_a_gateway_may_have_the_name_of_an_address(write):
    assert found(write(SMALL + "http: {headers: {url: abc}}\n")) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]:8443",
        "https://[fe80::1]/x",
        "http://127.0.0.1",
        "HTTP://H.Example",
        "https://bücher.example",
        "http://my_host:1",
        "http://h/a%20b/",
        "http://h.example.:65535",
    ],
)
def test_an_address_that_is_one(write, url):
    assert found(write(SMALL.replace("http://hdm.example:8443/", url))) == []


def test_a_proxy_may_have_a_password_and_a_hook_a_query(write):
    text = SMALL + 'http: {proxy: "http://ops:hunter2@proxy:3128"}\n'
    hook = '{http: {url: "http://c/down?service=esps"}}'
    assert found(write(text + f"conditions: {{esps_unreachable: {{enter: {hook}, leave: {hook}}}}}\n")) == []
    assert "is not a port" in only(write(text.replace("3128", "99999"))).message


def test_a_hook_s_address_must_be_a_whole_one(write):
    hook = '{http: {url: "/control/esps"}}'
    problem = found(write(SMALL + f"conditions: {{esps_unreachable: {{enter: {hook}, leave: {hook}}}}}\n"))[0]
    assert problem.message.startswith("conditions.esps_unreachable.enter.http.url is not an http or https URL")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("http: {timeout: .nan}", "http.timeout must be a number greater than 0.4"),
        ("http: {timeout: -.inf}", "http.timeout must be a number greater than 0.4"),
        ("http: {timeout: -3}", "http.timeout must be a number greater than 0.4"),
        ("http: {timeout: 0.05}", "http.timeout must be a number greater than 0.4"),
        ("http: {timeout: 601}", "http.timeout must be at most 600"),
        ("http: {timeout: soon}", "http.timeout: expected a number, found a string"),
        ("http: {rate: .nan}", "http.rate must be a number greater than 0"),
        ("http: {connections: 0}", "http.connections must be at least 1"),
        ("http: {headers: {x key: v}}", "http.headers: 'x key' is not the name of a header"),
        ("http: {headers: {'x:': v}}", "http.headers: 'x:' is not the name of a header"),
        ("http: {client_cert: nowhere.pem}", "http.client_cert: no such file: nowhere.pem"),
        ("http: {client_cert: [a.pem]}", "http.client_cert.0: no such file: a.pem"),
        ("http: {headers: {Content-Length: '5'}}", "http.headers: Content-Length is a header that the suite sets"),
        ("http: {headers: {if-none-match: '*'}}", "http.headers: if-none-match is a header that the suite sets"),
        ("safety: {writes: maybe}", "safety.writes must be allow or deny"),
        ("safety: {max_requests: 0}", "safety.max_requests must be at least 1"),
        ("subjects: {user: {username: u, password: }}", "subjects.user.password is empty"),
        ("subjects: {user: {username: '', password: p}}", "subjects.user.username is empty"),
        ("subjects: {stb: {scheme: CONECT}}", "subjects.stb.scheme must be CONNECT or WIDEVINE"),
        ("subjects: {stb: {scheme: connect}}", "subjects.stb.scheme must be CONNECT or WIDEVINE"),
        ("subjects: {player: {initializationPayload: 'a b'}}", "subjects.player.initializationPayload is not base64"),
        ("paths: {nmpsignontokens: sign/on}", "paths.nmpsignontokens is neither a path nor a URL"),
        ("paths: {nmpsignontokens: '/sign/on?app=1'}", "paths.nmpsignontokens has a query or fragment"),
        ("subjects: {user: {password: '${OTV-PASSWORD}'}}", "subjects.user.password has a ${…} that is not"),
        ("subjects: {expired_tokens: {ias: opaque}}", "subjects.expired_tokens.ias is not a JWT"),
        ("subjects_vouched: {by: jo, on: 2999-01-01}", "subjects_vouched.on is in the future (2999-01-01)"),
        ("subjects_vouched: {by: jo, on: yesterday}", "subjects_vouched.on is not a date"),
        ("subjects_vouched: {by: jo}", "subjects_vouched.on is missing"),
        ("waivers: [{id: STB-020, reason: r, owner: o, expires: someday}]", "expires is not a date"),
    ],
)
def test_a_value_that_cannot_be(write, more, said):
    problem = only(write(SMALL + more + "\n"))
    assert problem.message.startswith(said)
    assert problem.where.endswith(":6")


@pytest.mark.parametrize(
    "domain",
    ["@example.test", "jo@example.test", "https://example.test", "exam ple", "a..b", "-x.test", "ex_ample.test"],
)
def test_what_is_not_the_domain_of_an_address(write, domain):
    problem = only(write(SMALL + f"subjects: {{account_template: {{email_domain: '{domain}'}}}}\n"))
    assert problem.message.startswith("subjects.account_template.email_domain is not the domain")


@pytest.mark.parametrize(
    "domain", ["example.test", "localhost", "bücher.example", "a-b.c1.example", "xn--bcher-kva.de"]
)
def test_the_domain_of_an_address(write, domain):
    assert found(write(SMALL + f"subjects: {{account_template: {{email_domain: '{domain}'}}}}\n")) == []


TO_BE_REPLACED = [
    ("…", "is still a placeholder"),
    ("...", "is still a placeholder"),
    ("<nuId of the box>", "is still a placeholder"),
    ("{{ nuid }}", "is a template that was not rendered"),
    ("<%= nuid %>", "is a template that was not rendered"),
    ("ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]", "is still encrypted"),
    ("$OTV_NUID", "names an environment variable in another way"),
    ("%OTV_NUID%", "names an environment variable in another way"),
    ("'3A7F'", "has quotation marks around its value"),
    ("“3A7F”", "has quotation marks around its value"),
    ("3A\u200b7F", "contains the character U+200B"),
]


@pytest.mark.parametrize(("text", "said"), TO_BE_REPLACED)
def test_a_value_that_was_put_there_to_be_replaced_or_came_with_its_wrapping(write, text, said):
    problem = only(write(SMALL + "subjects: " + json.dumps({"stb": {"nuId": text}}) + "\n"))
    assert problem.message.startswith("subjects.stb.nuId")
    assert said in problem.message
    assert problem.where.endswith(":6")


@pytest.mark.parametrize("text", ["'quoted'", "<abc>", "$OTV_PASSWORD_THAT_IS_NOT_SET", "a#b", "é\u0301"])
def test_a_password_may_be_anything_that_can_be_meant(write, text):
    assert found(write(SMALL + "subjects: " + json.dumps({"user": {"username": "u", "password": text}}) + "\n")) == []


@pytest.mark.parametrize(
    ("key", "said"),
    [("0f" * 32, "is hexadecimal, not base64"), ("0F" * 64, "is hexadecimal, not base64"), ("a b", "is")],
)
def test_a_signing_key_that_is_not_in_base64(write, key, said):
    assert said in only(write(SMALL + f"credentials: {{token_keys: {{'7': '{key}'}}}}\n")).message


def test_a_name_that_basic_authentication_cannot_carry(write):
    problem = only(write(SMALL + 'credentials: {sdp: {username: "md:rm", password: p}}\n'))
    assert problem.message.startswith("credentials.sdp.username has a colon")


def test_all_files_and_commands_that_give_nothing_are_reported_at_once(write):
    content = "authorized: {command: ['false']}, not_authorized: {command: [sh, -c, exit 3]}"
    with pytest.raises(TargetFileError) as raised:
        load_target(write(SMALL.replace("nagra", "{command: ['true']}") + f"subjects: {{content: {{{content}}}}}\n"))
    said = str(raised.value)
    assert "tenant: the output of the command 'true' is empty" in said
    assert "subjects.content.authorized: the command 'false' ended with 1" in said
    assert "subjects.content.not_authorized: the command 'sh' ended with 3" in said


def test_a_name_of_300_characters_is_refused_wherever_it_comes_from(write, monkeypatch):
    monkeypatch.setenv("OTV_NAME", "x" * 300)
    for name in ("x" * 300, "${OTV_NAME}"):
        problem = only(write(SMALL.replace("small", f'"{name}"')))
        assert problem.message == "name must have at most 100 characters"
        assert problem.where.endswith(":2")


@pytest.mark.parametrize("name", ["ias", "crm"])
def test_an_expired_token_that_has_not_expired(write, name):
    token = make_jwt({"alg": "HS256"}, {"exp": int(time.time()) + 3600}, b"k")
    assert "has not expired yet" in only(write(SMALL + f"subjects: {{expired_tokens: {{{name}: {token}}}}}\n")).message
    token = make_jwt({"alg": "HS256"}, {"exp": int(time.time()) - 3600, "tenantId": "nagra"}, b"k")
    assert found(write(SMALL + f"subjects: {{expired_tokens: {{{name}: {token}}}}}\n")) == []


def test_an_expired_token_of_another_service(write, document):
    tokens = document["subjects"]["expired_tokens"]
    tokens["ias"], tokens["crm"] = tokens["crm"], tokens["ias"]
    problems = [one.message for one in found(write(yaml.safe_dump(document)))]
    assert "subjects.expired_tokens.crm is a token of IAS, not of this service" in problems
    assert any(one.startswith("subjects.expired_tokens.ias is not a token of IAS") for one in problems)


def test_an_expired_token_that_is_given_twice(write, document):
    tokens = document["subjects"]["expired_tokens"]
    tokens["crm"] = tokens["hdm"]
    assert "is the same as subjects.expired_tokens.hdm" in only(write(yaml.safe_dump(document))).message


@pytest.mark.parametrize(
    ("text", "said"), [("Bearer eyJhbGciOi", "begins with Bearer"), ("eyJhbGciOi J9", "has a space")]
)
def test_a_token_is_one_word(write, text, said):
    assert said in only(write(SMALL + f'credentials: {{crm: {{token: "{text}"}}}}\n')).message


def test_an_expired_token_that_is_the_valid_one(write):
    more = "subjects: {expired_tokens: {crm: abc}}\ncredentials: {crm: {token: abc}}\n"
    assert "is the same as credentials.crm.token" in only(write(SMALL + more)).message


def test_who_vouches_and_when_is_read(write):
    document = read_yaml(write(SMALL + "subjects_vouched: {by: jo@acme.example, on: 2026-11-20}\n"), TargetFileError)
    assert mistakes(document, today=date(2026, 11, 20)) == []
    assert len(mistakes(document, today=date(2026, 11, 19))) == 1
    vouched = target_from_document(document).vouched
    assert (vouched.by, vouched.on) == ("jo@acme.example", date(2026, 11, 20))
    assert load_target(write(SMALL + "subjects_vouched: null\n")).vouched is None


def test_a_payload_in_each_base64_is_one(write):
    for coded in (base64.b64encode(b"a?>~b"), base64.urlsafe_b64encode(b"a?>~b"), b"YQ"):
        assert found(write(SMALL + f'subjects: {{player: {{initializationPayload: "{coded.decode()}"}}}}\n')) == []


@pytest.mark.parametrize(
    ("more", "said", "advice"),
    [
        ("waivers:\n  - {id: STB-2O, reason: r, owner: o, expires: 2027-01-01}", "'STB-2O'", "Did you mean STB-02"),
        ("readings: {stb-casn-nam: casn}", "'stb-casn-nam'", "Did you mean 'stb-casn-name'?"),
        ("readings: {stb-casn-name: cassn}", "has no option 'cassn'", "Did you mean 'casn'?"),
        ("http: {headers: {NV-Tenant-Id: acme}}", "NV-Tenant-Id is a parameter of the platform's op", "Leave it out"),
        ("paths: {stbsignontoken: /x}", "'stbsignontoken'", "stbsignontokens"),
    ],
)
def test_an_id_that_does_not_exist_is_named_with_the_one_that_may_be_meant(write, more, said, advice):
    (problem,) = unknown_names(read_yaml(write(SMALL + more + "\n"), TargetFileError))
    assert said in problem.message
    assert advice in problem.advice
    assert problem.where.endswith(":7" if "waivers" in more else ":6")


def test_all_mistakes_are_reported_at_once_in_the_order_of_their_lines(write, monkeypatch):
    monkeypatch.delenv("OTV_NOWHERE", raising=False)
    monkeypatch.setenv("OTV_HOST", "h.example ")
    text = (
        "version: 2\nname: x\ntenant: ${OTV_NOWHERE}\nservices:\n  hdm: {url: 'http://${OTV_HOST}'}\n"
        "  ias: {url: 'http://h:99999'}\nfeature: {}\nhttp: {timeout: .nan}\n"
        "waivers: [{id: NOT-1, reason: r, owner: o, expires: soon}]\nreadings: {nothing: x}\n"
    )
    document = read_yaml(write(text), TargetFileError)
    with pytest.raises(TargetFileError) as raised:
        target_from_document(document, more=unknown_names)
    lines = [int(one.where.rpartition(":")[2]) for one in raised.value.problems]
    assert set(lines) == {1, 3, 5, 6, 7, 8, 9, 10}
    assert str(raised.value).startswith("9 problems:\n")


def test_what_sends_nothing_needs_no_secret(write, monkeypatch):
    monkeypatch.delenv("OTV_NOWHERE", raising=False)
    text = SMALL.replace("http://hdm.example:8443/", "${OTV_NOWHERE}") + (
        "subjects: {user: {username: u, password: {file: nowhere}}, stb: {dasChallenge: {command: [nowhere]}}}\n"
        'http: {headers: {x-key: "${OTV_NOWHERE}"}}\n'
    )
    document = read_yaml(write(text), TargetFileError)
    assert mistakes(document, sending=False) == []
    assert len(mistakes(document)) == 4
    assert target_from_document(document, sending=False).has_subject("user.password")
