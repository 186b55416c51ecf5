"""The stages a model version can be in."""

from typing import Literal, get_args

Stage = Literal["none", "staging", "canary", "production", "archived"]
STAGES: tuple[Stage, ...] = get_args(Stage)

#: What a step may register at; production is reached by promotion only.
REGISTRABLE: tuple[Stage, ...] = ("none", "staging")
