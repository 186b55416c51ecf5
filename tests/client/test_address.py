"""Addresses of other machines, and what must never reach the command line of ``ssh``."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.client.address import Address, login, parse
from trainauto_tui.errors import Usage


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ssh://box", Address("box")),
        ("ssh://me@box", Address("box", "me")),
        ("ssh://me@box:2222", Address("box", "me", 2222)),
        ("ssh://box/srv/ta", Address("box", home="/srv/ta")),
        ("ssh://box/", Address("box")),
        ("ssh://me@box:22/~/ta", Address("box", "me", 22, "~/ta")),
        ("ssh://m%65@box/a%20b", Address("box", "me", home="/a b")),
        ("ssh://me%40corp@box", Address("box", "me@corp")),
        ("ssh://me@corp@box", Address("box", "me@corp")),
        ("ssh://gpu_box.example.org", Address("gpu_box.example.org")),
        ("ssh://192.0.2.1:22", Address("192.0.2.1", port=22)),
        ("ssh://me@[2001:db8::7]:2222/x", Address("2001:db8::7", "me", 2222, "/x")),
        ("ssh://[::1]", Address("::1")),
        ("ssh://[fe80::1%25eth0]", Address("fe80::1%eth0")),
    ],
)
def test_an_address_says_who_where_and_which_home(url: str, address: Address) -> None:
    assert parse(url) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    "url",
    [
        "box",
        "me@box",
        "http://box",
        "SSH://box",
        "ssh://",
        "ssh:///home",
        "ssh://@box",
        "ssh://-oProxyCommand=touch%20x",
        "ssh://-box",
        "ssh://%2Dbox",
        "ssh://-l@box",
        "ssh://%2Dl@box",
        "ssh://me@box:",
        "ssh://box:0",
        "ssh://box:65536",
        "ssh://box:22x",
        "ssh://box:-1",
        "ssh://box:٣",
        "ssh://b;ox",
        "ssh://b%3Box",
        "ssh://b$(id)",
        "ssh://b`id`@box",
        "ssh://b%20x@box",
        "ssh://me%0A@box",
        "ssh://b ox",
        "ssh://box%0a",
        "ssh://[::1",
        "ssh://[::1]x",
        "ssh://[box]",
        "ssh://[::1;id]",
        "ssh://::1",
        "ssh://box?command=x",
        "ssh://box/home#x",
        "ssh://box/a%0Ab",
        "ssh://box/a%00b",
        "ssh://box/%zz",
        "ssh://box/%ff",
    ],
)
def test_what_is_not_quite_an_address_is_refused(url: str) -> None:
    with pytest.raises(Usage) as caught:
        parse(url)
    assert caught.value.exit_code == 2
    assert not re.search(r"[\x00-\x1f]", caught.value.message)


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(Usage, match="a password has no place") as caught:
        parse("ssh://me:hunter2@box")
    assert "hunter2" not in caught.value.message + caught.value.hint


@given(st.text(max_size=30))
def test_whatever_is_accepted_is_harmless_to_ssh_and_to_a_shell(text: str) -> None:
    try:
        address = parse("ssh://" + text)
    except Usage:
        return
    assert re.fullmatch(r"[A-Za-z0-9_:.%-]+", address.host)
    assert not address.host.startswith("-")
    assert address.user is None or not re.search(r"[\s;&|$`'\"<>()*?!-]", address.user[:1])
    assert parse(str(address)) == address


def test_the_login_by_hand_is_told_with_user_and_port() -> None:
    assert login(Address("box")) == "ssh box"
    assert login(Address("box", "me", 2222)) == "ssh -p 2222 me@box"
