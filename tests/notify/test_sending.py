"""Sending with Apprise, to a real mail server and a real HTTP server."""

import logging
from collections.abc import Iterator

import pytest

from tests.support.receivers import HttpSink, MailSink, free_port, receiving
from trainautod.notify.message import Message
from trainautod.notify.sending import Carrier, Letter, redacted

TEXT = Message(
    "nightly failed — «train»", "pipeline  nightly\n\nLast lines:\n  ä < b & c", "failure"
)


@pytest.fixture
def sinks() -> Iterator[tuple[HttpSink, MailSink]]:
    with receiving() as found:
        yield found


def letter(key: str = "run_failed-7-0mfz3k", target: str = "OPS_URL") -> Letter:
    return Letter(target, key, "my box", TEXT)


def test_a_mail_is_called_by_its_key(sinks: tuple[HttpSink, MailSink]) -> None:
    _, mail = sinks
    carrier = Carrier()

    assert [carrier.send(letter(), mail.url) for _ in range(2)] == [None, None]

    assert mail.keys == ["<run_failed-7-0mfz3k@my-box>"] * 2
    taken = mail.mails[0]
    assert taken.message.get_content_type() == "text/plain"
    assert "«train»" in str(taken.message["Subject"]) or "=?utf-8?" in str(taken.message["Subject"])
    assert "  ä < b & c" in taken.text


def test_a_post_carries_its_key(sinks: tuple[HttpSink, MailSink]) -> None:
    hook, _ = sinks

    assert Carrier().send(letter(), hook.url) is None

    (post,) = hook.posts
    assert (post.key, post.title, post.text) == ("run_failed-7-0mfz3k", TEXT.title, TEXT.body)


def test_who_took_a_mail_does_not_get_it_again_with_those_who_did_not(
    sinks: tuple[HttpSink, MailSink],
) -> None:
    _, mail = sinks
    url = f"mailto://127.0.0.1:{mail.port}/ops@example.org/nobody@example.org?from=t@example.org"
    carrier = Carrier()

    errors = [carrier.send(letter(), url) for _ in range(3)]

    assert all(error and "there is no such user" in error for error in errors)
    assert [m.recipients for m in mail.mails] == [("ops@example.org",)]
    assert carrier.send(letter("another"), url) is not None
    assert len(mail.mails) == 2


def test_a_refusal_says_why(sinks: tuple[HttpSink, MailSink]) -> None:
    hook, _ = sinks
    hook.status = 503

    error = Carrier().send(letter(), hook.url)

    assert error is not None
    assert "503" in error


@pytest.mark.parametrize("path", ["/hook/s3cret-token?password=pw%40rd-x", "/hook/s3cret-token"])
@pytest.mark.parametrize("schema", ["json", "mailto", "form"])
def test_an_error_tells_nothing_of_the_url(
    schema: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    query = "&" if "?" in path else "?"
    url = (
        f"{schema}://robot:pa55-word@localhost:{free_port()}{path}"
        f"{query}from=robot@hidden.example&to=ops@hidden.example"
    )
    with caplog.at_level(logging.DEBUG):
        error = Carrier().send(letter(), url)

    assert error is not None
    assert "refused" in error
    for secret in ("robot", "pa55-word", "localhost", "s3cret", "hidden", "pw@rd", "pw%40rd"):
        assert secret not in error
        assert secret not in caplog.text


@pytest.mark.parametrize(
    "url", ["", "what is this", "nosuch://s3cret-token/x", "slack://s3cret-token/x", "mailto://"]
)
def test_what_is_no_url_is_said_to_be_none_without_being_shown(url: str) -> None:
    error = Carrier().send(letter(), url)

    assert error is not None
    assert error.startswith("its value is not an Apprise URL")
    assert "s3cret" not in error


def test_parts_of_a_url_are_taken_out_as_they_are_and_decoded() -> None:
    url = "slack://T0KEN/p%2Fath/%23room?key=va%20lue"
    text = "room p/ath of T0KEN at https://hooks.example/x: p%2Fath va lue, key is wrong"

    assert redacted(text, url, "URL") == ("room <URL> of <URL> at <URL> <URL> <URL>, key is wrong")
