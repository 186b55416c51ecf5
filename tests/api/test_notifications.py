"""GET /notifications, POST /notifications/test."""

from tests.daemon.conftest import Write
from tests.support import plain_http
from tests.support.daemons import LiveDaemon
from tests.support.receivers import receiving
from trainautod.home import read_only_socket_path, socket_path


def test_a_test_message_tells_of_each_target_what_became_of_it(
    daemon: LiveDaemon, write: Write
) -> None:
    socket = socket_path(daemon.home)
    secrets = daemon.home / "secrets.env"
    with receiving() as (hook, mail):
        secrets.write_text(f"HOOK_URL={hook.url}\nMAIL_URL={mail.url}\nODD_URL=odd\n")
        secrets.chmod(0o600)
        targets = ["HOOK_URL", "MAIL_URL", "ODD_URL", "NO_URL"]
        answer = plain_http.post(socket, "/notifications/test", {"targets": targets})
        assert answer.status == 200
        told = {each["target"]: each for each in answer.json()["notifications"]}

        assert {name: each["state"] for name, each in told.items()} == {
            "HOOK_URL": "sent",
            "MAIL_URL": "sent",
            "ODD_URL": "failed",
            "NO_URL": "failed",
        }
        assert told["HOOK_URL"]["error"] is None
        assert "not an Apprise URL" in told["ODD_URL"]["error"]
        assert "NO_URL has no value" in told["NO_URL"]["error"]
        assert len(hook.posts) == len(mail.mails) == 1

        # A target that failed is there again as soon as its secret is right.
        secrets.write_text(f"ODD_URL={hook.url}\n")
        again = plain_http.post(socket, "/notifications/test", {"targets": ["ODD_URL"]})
        assert again.json()["notifications"][0]["state"] == "sent"

        # Without names, those that registered pipelines name.
        path = write("name: told\nnotify: {to: ODD_URL}\nsteps: [{id: a, run: 'true'}]")
        daemon.client.add_pipeline(str(path))
        every = plain_http.post(socket, "/notifications/test", {}).json()["notifications"]
        known = {"target": "ODD_URL", "pipelines": ["told"], "problem": None}
        assert daemon.client.targets() == [known]
        secrets.chmod(0o644)
        (unsafe,) = daemon.client.targets()
        assert "can be read by others" in str(unsafe["problem"])
        secrets.unlink()  # the daemon is not this test's alone
        daemon.client.remove_pipeline("told")
        assert [each["target"] for each in every] == ["ODD_URL"]

    page = plain_http.ask(socket, "GET", "/notifications?state=failed&limit=1").json()
    (last,) = page["notifications"]
    assert (last["target"], last["kind"], last["tries"]) == ("NO_URL", "test", 1)
    assert last["title"].startswith("Test of NO_URL [")
    assert last["ended_at"] >= last["created_at"]
    assert last["due_at"] is None


def test_where_nobody_is_told_there_is_nobody_to_test(daemon: LiveDaemon) -> None:
    answer = plain_http.post(socket_path(daemon.home), "/notifications/test", {})
    assert answer.status == 422
    assert "nobody is told" in answer.error()["message"]


def test_an_address_in_place_of_a_name_is_refused_and_not_shown(daemon: LiveDaemon) -> None:
    body = {"targets": ["json://me:pw@host"]}
    answer = plain_http.post(socket_path(daemon.home), "/notifications/test", body)
    assert answer.status == 422
    assert "pw" not in answer.error()["message"]


def test_an_unknown_state_is_refused(daemon: LiveDaemon) -> None:
    answer = plain_http.ask(socket_path(daemon.home), "GET", "/notifications?state=gone")
    assert answer.status == 400
    assert "pending" in answer.error()["message"]


def test_a_link_that_only_shows_sends_nothing(daemon: LiveDaemon) -> None:
    socket = read_only_socket_path(daemon.home)
    assert plain_http.ask(socket, "GET", "/notifications").status == 200
    assert plain_http.post(socket, "/notifications/test", {}).status == 403
