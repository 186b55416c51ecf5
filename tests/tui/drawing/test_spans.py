from trainauto_tui.drawing.spans import Span, cut, fit, width


def text(spans: tuple[Span, ...]) -> str:
    return "".join(span.text for span in spans)


def test_short_text_is_padded_left_or_right() -> None:
    assert text(fit((Span("ab"),), 4)) == "ab  "
    assert text(fit((Span("ab"),), 4, right=True)) == "  ab"


def test_long_text_ends_in_an_ellipsis_in_its_last_role() -> None:
    short = fit((Span("abc", "good"), Span("defg", "bad")), 5)
    assert text(short) == "abcd…"
    assert short[-1].role == "bad"


def test_wide_characters_count_two_cells() -> None:
    assert width((Span("模型"),)) == 4
    assert width(fit((Span("模型模型"),), 6)) == 6


def test_nothing_fits_in_no_cells() -> None:
    assert text(fit((Span("abc"),), 0)) == ""


def test_a_cut_takes_cells_out_of_the_middle() -> None:
    spans = (Span("abc", "good"), Span("defg", "bad"))
    assert cut(spans, 2, 3) == (Span("c", "good"), Span("de", "bad"))
    assert cut(spans, 0, 20) == spans
    assert cut(spans, 7, 2) == ()


def test_half_of_a_wide_character_is_a_blank() -> None:
    assert text(cut((Span("a模型b"),), 2, 3)) == " 型"
    assert text(cut((Span("a模型b"),), 0, 4)) == "a模 "
