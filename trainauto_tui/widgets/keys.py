"""Key bindings out of the command table."""

from textual.binding import Binding, BindingType

from trainauto_tui.commands import own


def bindings(scope: str = "") -> list[BindingType]:
    """Return the bindings of ``scope``, else those of everywhere; each has its command's id."""
    return [
        Binding(
            ",".join(command.keys),
            command.action,
            command.label,
            show=False,
            priority=command.asks,  # at once, before the keys behind it are handed on
            id=command.name,
        )
        for command in own(scope)
        if command.keys
    ]
