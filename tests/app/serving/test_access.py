"""Who may see a served page: the token, its cookie, other hosts and other pages."""

import secrets

import pytest

from app.serving import access
from tests.app.serving.requests_by_hand import PAGE, ask, cookie_of, raw, serving


@pytest.fixture(scope="module")
def server():
    with serving() as server:
        yield server


def test_the_token_is_exchanged_for_a_cookie_and_is_gone_from_the_address(server):
    answer = ask(server, server.address.partition(f":{server.port}")[2], cookie=None)
    assert (answer.status, answer.headers["location"], answer.body) == (303, f"{server.access.place}/", b"")
    cookie, *limits = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", f"Path={server.access.place}/"} == set(limits)
    assert server.access.token not in cookie
    assert ask(server, "/", cookie=cookie).body == PAGE
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_tokens_of_two_servers_differ_and_cannot_be_guessed(server):
    with serving() as other:
        assert other.access.token != server.access.token
        assert len(server.access.token) >= 43  # 256 bits
        assert ask(server, cookie=cookie_of(other)).status == 403
        names = {cookie_of(each).partition("=")[0] for each in (server, other)}
        assert len(names) == 2  # a browser that sees both keeps both, whatever ports tunnels begin at
        assert ask(server, cookie=f"{cookie_of(other)}; {cookie_of(server)}").status == 200


@pytest.mark.parametrize(
    "target",
    ["/", "/?token=", "/?token=wrong", "/?token", "/?token=a&token=b", "/?", "/?%74oken=x", "/avatar.html?token=x"],
)
def test_nobody_without_the_token_sees_anything(server, target):
    answer = ask(server, target, cookie=None)
    assert answer.status == 403
    assert b"avatar" not in answer.body and "set-cookie" not in answer.headers


def test_the_token_opens_no_other_path(server):
    for target in (f"/x?token={server.access.token}", f"/?token={server.access.token}&a=b", f"//?token=x{'y' * 50}"):
        assert ask(server, target, cookie=None).status == 403


def test_what_resembles_token_or_cookie_is_refused(server):
    token, cookie = server.access.token, cookie_of(server)
    for wrong in (token[:-1], token + "a", token.swapcase(), "é", "%00", token + "%00"):
        assert ask(server, f"/?token={wrong}", cookie=None).status == 403
    name = cookie.partition("=")[0]
    for wrong in (cookie[:-1], f"{name}={token}", f"{name}=", "x" * 5000, "=;;=", f"{name}=\udc80", f"a={'b' * 4090}"):
        assert ask(server, cookie=wrong).status == 403
    two = f"GET {server.access.place}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nCookie: {cookie}\r\n\r\n"
    answer = raw(server, two.encode())
    assert answer is not None and answer.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:9000", "127.0.0.1:1"])
def test_a_tunnel_may_begin_at_any_port(server, host):
    assert ask(server, Host=host).body == PAGE


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example", "evil.example:80", "localhost.evil.example", "", None, "127.0.0.1:",
        "127.0.0.1:99999999", "127.0.0.1@evil", "127.1", "2130706433", "[::1]", "0.0.0.0", "localhost.",
        "\uff11\uff12\uff17.0.0.1",
    ],
)  # fmt: skip
def test_a_name_of_others_that_points_here_is_refused(server, host):
    answer = ask(server, Host=host)  # DNS rebinding: the browser believes that the cookie's host is asked
    assert answer.status == 403 and PAGE not in answer.body


def test_two_hosts_are_none(server):
    head = f"GET {server.access.place}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example"
    answer = raw(server, f"{head}\r\nCookie: {cookie_of(server)}\r\n\r\n".encode())
    assert answer is not None and answer.status == 403


def test_other_pages_cannot_ask(server):
    own = f"http://127.0.0.1:{server.port}"
    assert ask(server, Origin=own).status == 200
    for origin in ("null", "http://evil.example", "http://127.0.0.1:1", f"https://127.0.0.1:{server.port}", own + "0"):
        assert ask(server, Origin=origin).status == 403
    for site in ("cross-site", "same-site"):
        embedded = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"}
        assert ask(server, **embedded).status == 403
        framed = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}
        assert ask(server, **framed).status == 403
        followed = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
        assert ask(server, **followed).status == 200  # a person may click on a link


def test_secrets_are_compared_in_constant_time(server, monkeypatch):
    compared = []

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append((type(given), type(expected)))
        return secrets.compare_digest.__call__(given, expected)

    class Recorded:
        compare_digest = staticmethod(compare)

    monkeypatch.setattr(access, "secrets", Recorded)
    assert ask(server, f"/?token={'a' * 43}", cookie=None).status == 403
    assert ask(server).status == 200
    assert compared == [(bytes, bytes)] * 2
