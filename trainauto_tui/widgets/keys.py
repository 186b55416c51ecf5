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
            id=command.name,
        )
        for command in own(scope)
        if command.keys
    ]
