import pytest

from trainauto_tui.live.link import Connecting, LinkState, Live, Reconnecting, Stale, delay, spans
from trainauto_tui.live.link import steady as steadied


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Connecting(), "◌ connecting"),
        (Connecting(starting=True), "◌ starting the daemon"),
        (Live(12), "● live 12ms"),
        (Live(0), "● live <1ms"),
        (Stale(92.0), "◐ stale 8s"),
        (Reconnecting(103.2, "gone"), "✘ reconnecting 3s"),
        (Reconnecting(99.0, "gone"), "✘ reconnecting"),
    ],
)
def test_the_header_says_the_state(state: LinkState, text: str) -> None:
    assert "".join(span.text for span in spans(state, 100.0, plain=False)) == text


def test_the_states_have_words_in_ascii_too() -> None:
    assert spans(Live(12), 0, plain=True)[0].text == "* live 12ms"


def test_waits_double_up_to_half_a_minute() -> None:
    assert [delay(failures) for failures in (1, 2, 3, 4, 5, 6, 99)] == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(("shown", "measured", "then"), [(10, 13, 10), (10, 30, 30), (0, 2, 2)])
def test_the_latency_shown_rests_until_it_moved_by_half(
    shown: int, measured: int, then: int
) -> None:
    assert steadied(shown, measured) == then
