"""Server-sent events, however the network cuts them."""

import pytest

from trainauto_tui.client.sse import Message, messages

STREAM = (
    b": ping\n\n"
    b'id: 7\nevent: run_submitted\ndata: {"a":\ndata: "\xc3\xa9"}\n\n'
    b"event: empty\n\n"
    b"data:no space\r\n\r\n"
    b"id: 9\ndata: cut off"
)
EXPECTED = [
    Message(":", "ping", ""),
    Message("run_submitted", '{"a":\n"é"}', "7"),
    Message("message", "no space", "7"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 4096])
def test_messages_do_not_depend_on_where_the_stream_is_cut(size: int) -> None:
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    assert list(messages(pieces)) == EXPECTED


def test_a_message_is_yielded_before_the_next_piece_is_read() -> None:
    def pieces() -> object:
        yield b"data: one\n\n"
        raise AssertionError("read on before the first message was taken")

    assert next(messages(pieces())).data == "one"  # type: ignore[arg-type]


def test_unknown_fields_are_passed_over() -> None:
    assert list(messages([b"retry: 10\nfoo\ndata: x\n\n"])) == [Message("message", "x", "")]
